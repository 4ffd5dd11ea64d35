package io.github.pgdispatch.gateway;

import java.sql.Statement;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * What an outcome has done to the circuit breaker of a handler or of a queue.
 *
 * @param message that says it
 * @param handler the name of the handler; {@code null} if a queue has the breaker
 * @param queue the name of the queue; {@code null} if a handler has the breaker
 * @param failures the number of failed attempts in a row with which it tripped; 0 if it
 * was reset
 */
public record BreakerChange(String message, @Nullable String handler, @Nullable String queue, int failures) {

	private static final String SQL_STATE = "PD005";

	private static final List<String> SENDERS = List.of(" pgdispatch.tell_breaker(");

	private static final Pattern FORMAT = Pattern.compile(
			"The circuit breaker of the (handler|queue) '(.*)' (?:tripped\\. Failed attempts in a row: (\\d+)|was reset)",
			Pattern.DOTALL);

	/**
	 * Reads what the database has told of breakers.
	 * @param statement the statement that has written the outcome
	 * @return the changes in their order
	 */
	static List<BreakerChange> of(Statement statement) {
		return ServerMessages.of(statement, SQL_STATE, SENDERS)
			.stream()
			.map(BreakerChange::read)
			.flatMap(Stream::ofNullable)
			.toList();
	}

	static @Nullable BreakerChange read(String message) {
		Matcher matcher = FORMAT.matcher(message);
		if (!matcher.matches()) {
			return null;
		}
		String name = matcher.group(2);
		boolean handler = matcher.group(1).equals("handler");
		return new BreakerChange(message, handler ? name : null, handler ? null : name,
				Integer.parseInt(Objects.requireNonNullElse(matcher.group(3), "0")));
	}

	/**
	 * Returns whether the breaker has tripped.
	 * @return {@code true} if it has tripped; {@code false} if it was reset
	 */
	public boolean tripped() {
		return this.failures > 0;
	}

}
