package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.util.function.Predicate;
import java.util.stream.Stream;

import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

import org.springframework.transaction.TransactionSystemException;

/**
 * Finds the causes of an exception.
 */
public final class Causes {

	/**
	 * Limits the number of causes, as an exception may be a cause of itself.
	 */
	private static final int MAX_CAUSES = 100;

	private static final int MAX_LINE = 1_000;

	private Causes() {
	}

	/**
	 * Returns an exception followed by its causes, from the closest to the first one.
	 */
	static Stream<Throwable> of(Throwable error) {
		return Stream.iterate(error, (cause) -> cause != null, Causes::next).limit(MAX_CAUSES);
	}

	/**
	 * Returns the first of the causes of an exception.
	 * @param error the exception
	 * @return the first cause, or the exception itself if it has none
	 */
	public static Throwable first(Throwable error) {
		return of(error).reduce(error, (one, other) -> other);
	}

	/**
	 * Returns whether an exception or one of its causes is an {@link SQLException} that
	 * meets a condition.
	 * @param error the exception
	 * @param condition to meet
	 * @return whether one of them meets it
	 */
	public static boolean anySql(Throwable error, Predicate<SQLException> condition) {
		return of(error).anyMatch((cause) -> cause instanceof SQLException sql && condition.test(sql));
	}

	/**
	 * Returns an exception and the first of its causes, on one line: a connection pool
	 * reports a timeout and has the reason as a cause. Of each only the first line
	 * counts, as the others of a database error may show the arguments of jobs.
	 */
	public static String describe(Throwable error) {
		String text = firstLine(error);
		String cause = firstLine(first(error));
		return text.contains(cause) ? text : text + ", caused by " + cause;
	}

	private static String firstLine(Throwable error) {
		return oneLine(String.valueOf(error).lines().findFirst().orElse(""));
	}

	/**
	 * Returns a text as a part of one log line, which it can neither end nor fill.
	 */
	static String oneLine(@Nullable String text) {
		String line = OneLineLog.oneLine(String.valueOf(text));
		return (line.length() <= MAX_LINE) ? line : line.substring(0, MAX_LINE) + "...";
	}

	/**
	 * Returns the cause of an exception. When a connection is lost, the rollback fails
	 * too, with an exception that has the original one as its application exception.
	 */
	private static @Nullable Throwable next(Throwable cause) {
		return (cause instanceof TransactionSystemException ex && ex.getApplicationException() != null)
				? ex.getApplicationException() : cause.getCause();
	}

}
