package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * A row of {@code pgdispatch.history()}, which documents the columns.
 *
 * @param position of the job in the list, as the database writes it
 * @param id of the job
 * @param kind the name of the job's kind, in upper case
 * @param name the handler or the label; {@code null} for a SQL job without a label
 * @param queue of the job
 * @param outcome the name of the state in which the job ended, in upper case
 * @param dispatchedAt the time at which the transaction that dispatched the job began
 * @param dueAt the time at which the last attempt was due
 * @param startedAt the time at which the last attempt began
 * @param endedAt the time at which the job ended
 * @param attempts number of attempts
 * @param node that ran the job
 * @param sqlState of the error
 * @param message of the error
 */
public record EndedJobRow(String position, long id, String kind, @Nullable String name, @Nullable String queue,
		String outcome, Instant dispatchedAt, Instant dueAt, @Nullable Instant startedAt, Instant endedAt, int attempts,
		@Nullable String node, @Nullable String sqlState, @Nullable String message) {

	static EndedJobRow of(ResultSet row, int number) throws SQLException {
		return new EndedJobRow(row.getString("position"), row.getLong("id"), row.getString("kind"),
				row.getString("name"), row.getString("queue"), row.getString("outcome"),
				Instants.read(row, "dispatched_at"), Instants.read(row, "due_at"),
				Instants.readIfPresent(row, "started_at"), Instants.read(row, "ended_at"), row.getInt("attempts"),
				row.getString("node"), row.getString("sqlstate"), row.getString("message"));
	}

}
