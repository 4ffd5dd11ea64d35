package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A job of either kind, as the database has it.
 *
 * @param id of the job
 * @param state the name of the job's state, in upper case
 * @param command the SQL that the job runs; {@code null} if it calls a handler
 * @param handler the name of the handler that the job calls; {@code null} if it runs SQL
 * @param arguments of the handler, as a JSON object; {@code null} if the job runs SQL
 * @param dispatchedAt the time at which the transaction that dispatched the job began
 * @param dueAt the time before which the job is not run
 * @param attempts number of attempts that have begun
 * @param finishedAt the time at which the job ended; {@code null} if it has not ended
 * @param label of the SQL; {@code null} if it has none
 * @param queue of the job; {@code null} if it has none
 * @param sqlState of the error of the last attempt; {@code null} if it has none
 * @param message of the error of the last attempt; {@code null} if none has failed
 * @param headers of the job, by name
 */
public record JobRow(long id, String state, @Nullable String command, @Nullable String handler,
		@Nullable String arguments, @Nullable Instant dispatchedAt, @Nullable Instant dueAt, @Nullable Integer attempts,
		@Nullable Instant finishedAt, @Nullable String label, @Nullable String queue, @Nullable String sqlState,
		@Nullable String message, Map<String, String> headers) {

	static JobRow of(ResultSet row, int number) throws SQLException {
		return new JobRow(row.getLong("id"), row.getString("state"), row.getString("command"), row.getString("handler"),
				row.getString("arguments"), Instants.readIfPresent(row, "dispatched_at"),
				Instants.readIfPresent(row, "due_at"), row.getObject("attempts", Integer.class),
				Instants.readIfPresent(row, "finished_at"), row.getString("label"), row.getString("queue"),
				row.getString("sqlstate"), row.getString("message"), Headers.read(row));
	}

}
