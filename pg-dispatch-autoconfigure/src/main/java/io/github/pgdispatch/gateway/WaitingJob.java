package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;

import org.jspecify.annotations.Nullable;

/**
 * A job of either kind that waits in the queue.
 *
 * @param id identifies the job
 * @param command the SQL that it runs; {@code null} if it calls a handler
 * @param handler the name of the one that it calls; {@code null} if it runs SQL
 * @param arguments of the call, as a JSON object; {@code null} if it runs SQL
 * @param firedAt when the transaction that dispatched it began
 * @param dueAt before which it is not to be run
 */
public record WaitingJob(long id, @Nullable String command, @Nullable String handler, @Nullable String arguments,
		OffsetDateTime firedAt, OffsetDateTime dueAt) {

	static WaitingJob of(ResultSet row, int number) throws SQLException {
		return new WaitingJob(row.getLong("id"), row.getString("command"), row.getString("handler"),
				row.getString("arguments"), row.getObject("dispatched_at", OffsetDateTime.class),
				row.getObject("due_at", OffsetDateTime.class));
	}

}
