package io.github.pgdispatch;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import io.github.pgdispatch.gateway.DeadLetterRow;
import org.jspecify.annotations.Nullable;

/**
 * A job that failed for good, because it had its maximum number of attempts, or because
 * its error would occur again. It is kept for the retention time of dead letters in the
 * database, which is 14 days by default. The times are those of the clock of the
 * database.
 *
 * @param id the id of the job, which it keeps if it is retried
 * @param command the SQL, with its parameters as literals; {@code null} if the job called
 * a handler
 * @param label the label of the SQL; {@code null} if it had none or the job called a
 * handler
 * @param handler the name of the handler; {@code null} if the job had a command
 * @param arguments the arguments of the call, as a JSON object; {@code null} if the job
 * had a command
 * @param headers the headers of the job, such as those of a trace; immutable
 * @param options the options of the job, as a JSON object; {@code null} if it had none
 * @param dispatchedAt the time at which the transaction that dispatched the job began
 * @param dueAt the time before which the job was not to be run
 * @param failedAt the time at which the last attempt failed
 * @param attempts the number of attempts
 * @param crashes the number of attempts during which the session or the node died
 * @param sqlState the SQLSTATE of the error; {@code null} if the error has none
 * @param message the message of the error
 * @param detail the detail of the error; {@code null} if it has none
 * @param hint the hint of the error; {@code null} if it has none
 * @param context the place of the error, which is the call stack of SQL, innermost call
 * first, or the stack trace of a method; {@code null} if it is unknown
 */
public record DeadLetter(long id, @Nullable String command, @Nullable String label, @Nullable String handler,
		@Nullable String arguments, Map<String, String> headers, @Nullable String options, Instant dispatchedAt,
		Instant dueAt, Instant failedAt, int attempts, int crashes, @Nullable String sqlState, String message,
		@Nullable String detail, @Nullable String hint, @Nullable String context) {

	public DeadLetter {
		headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
	}

	static DeadLetter of(DeadLetterRow letter) {
		return new DeadLetter(letter.id(), letter.command(), letter.label(), letter.handler(), letter.arguments(),
				letter.headers(), letter.options(), letter.dispatchedAt(), letter.dueAt(), letter.failedAt(),
				letter.attempts(), letter.crashes(), letter.sqlState(), letter.message(), letter.detail(),
				letter.hint(), letter.context());
	}

}
