package io.github.pgdispatch;

import java.time.Instant;

import io.github.pgdispatch.gateway.DeadLetterGroupRow;
import org.jspecify.annotations.Nullable;

/**
 * Dead letters of the same handler or label that failed in the same way. The times are
 * those of the clock of the database.
 *
 * @param handler the name of the handler; {@code null} if they are SQL
 * @param label the label of the SQL; {@code null} if it has none or they called a handler
 * @param sqlState the SQLSTATE of their errors; {@code null} if the errors have none
 * @param exception the class of the exception, with which the messages of errors of a
 * method begin; {@code null} if the errors have a SQLSTATE
 * @param message the first 1,000 characters of the message of the latest one
 * @param count their number
 * @param oldest the time at which the first of them failed
 * @param latest the time at which the last of them failed
 */
public record DeadLetterGroup(@Nullable String handler, @Nullable String label, @Nullable String sqlState,
		@Nullable String exception, String message, long count, Instant oldest, Instant latest) {

	static DeadLetterGroup of(DeadLetterGroupRow group) {
		return new DeadLetterGroup(group.handler(), group.label(), group.sqlState(), group.exception(), group.message(),
				group.count(), group.oldest(), group.latest());
	}

}
