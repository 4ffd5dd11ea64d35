package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;

import org.jspecify.annotations.Nullable;

/**
 * A job, as the database tells of it.
 *
 * @param id identifies the job
 * @param state the name of its state, in upper case
 * @param command the SQL that it runs; {@code null} if it calls a handler
 * @param handler the name of the one that it calls; {@code null} if it runs SQL
 * @param arguments of the call, as a JSON object; {@code null} if it runs SQL
 * @param firedAt when the transaction that dispatched it began
 * @param dueAt before which it is not to be run
 * @param attempts how many times it was begun
 * @param finishedAt when it ended; {@code null} if it has not
 */
public record JobRow(long id, String state, @Nullable String command, @Nullable String handler,
		@Nullable String arguments, @Nullable Instant firedAt, @Nullable Instant dueAt, @Nullable Integer attempts,
		@Nullable Instant finishedAt) {

	static JobRow of(ResultSet row, int number) throws SQLException {
		return new JobRow(row.getLong("id"), row.getString("state"), row.getString("command"), row.getString("handler"),
				row.getString("arguments"), instant(row, "dispatched_at"), instant(row, "due_at"),
				row.getObject("attempts", Integer.class), instant(row, "finished_at"));
	}

	static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
		OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
		return (time != null) ? time.toInstant() : null;
	}

}
