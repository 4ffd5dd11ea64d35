package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A row of {@code pgdispatch.jobs()}, which documents the columns.
 *
 * @param place of the job in the list, as the database writes it
 * @param id of the job
 * @param kind the name of the job's kind, in upper case
 * @param name the handler or the label; {@code null} for a SQL job without a label
 * @param queue of the job
 * @param state the name of the job's state, in upper case
 * @param dispatchedAt the time at which the transaction that dispatched the job began
 * @param dueAt the time before which the job is not run; {@code null} for a job that its
 * batch holds
 * @param attempts number of attempts that have begun
 * @param sqlState of the error of the last failed attempt
 * @param message of the error of the last failed attempt
 * @param headers of the job, by name
 */
public record ListedJobRow(String place, long id, String kind, @Nullable String name, @Nullable String queue,
		String state, Instant dispatchedAt, @Nullable Instant dueAt, int attempts, @Nullable String sqlState,
		@Nullable String message, Map<String, String> headers) {

	static ListedJobRow of(ResultSet row, int number) throws SQLException {
		return new ListedJobRow(row.getString("place"), row.getLong("id"), row.getString("kind"), row.getString("name"),
				row.getString("queue"), row.getString("state"), Instants.read(row, "dispatched_at"),
				Instants.readIfPresent(row, "due_at"), row.getInt("attempts"), row.getString("sqlstate"),
				row.getString("message"), Headers.read(row));
	}

}
