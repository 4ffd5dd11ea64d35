package io.github.pgdispatch;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import io.github.pgdispatch.gateway.DeadLetterRow;
import org.jspecify.annotations.Nullable;

/**
 * A job that has failed for good: it has used up its attempts, or failed in a way that
 * would come again. It is kept for as long as {@code pgdispatch.setting} says, 14 days
 * unless that was changed. All times are by the database's clock.
 *
 * @param id that the job had, and will have again if it is retried
 * @param command the SQL, with its parameters as literals; {@code null} if it called a
 * handler
 * @param handler the name of the handler that it called; {@code null} if it had a command
 * @param arguments of the call, as a JSON object; {@code null} if it had a command
 * @param headers of the job, such as those of a trace; immutable
 * @param options what was asked of the job beyond being run once, as a JSON object;
 * {@code null} if nothing was
 * @param dispatchedAt when the transaction began that dispatched it
 * @param dueAt before which it was not to be run
 * @param failedAt when its last attempt had failed
 * @param attempts how many times it was begun
 * @param crashes how many attempts are known to have taken their session or their node
 * down
 * @param sqlState the SQLSTATE of the error; {@code null} if what failed was not SQL
 * @param message of the error
 * @param detail of the error, if it had one
 * @param hint of the error, if it had one
 * @param context where the error came from: the call stack in SQL, innermost first, or
 * the stack trace of a method
 */
public record DeadLetter(long id, @Nullable String command, @Nullable String handler, @Nullable String arguments,
		Map<String, String> headers, @Nullable String options, Instant dispatchedAt, Instant dueAt, Instant failedAt,
		int attempts, int crashes, @Nullable String sqlState, String message, @Nullable String detail,
		@Nullable String hint, @Nullable String context) {

	public DeadLetter {
		headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
	}

	static DeadLetter of(DeadLetterRow letter) {
		return new DeadLetter(letter.id(), letter.command(), letter.handler(), letter.arguments(), letter.headers(),
				letter.options(), letter.dispatchedAt(), letter.dueAt(), letter.failedAt(), letter.attempts(),
				letter.crashes(), letter.sqlState(), letter.message(), letter.detail(), letter.hint(),
				letter.context());
	}

}
