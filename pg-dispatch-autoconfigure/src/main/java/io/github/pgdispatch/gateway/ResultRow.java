package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * The state and the result of a job, as the database has them.
 *
 * @param id of the job
 * @param state the name of the job's state, in upper case
 * @param value the rows of SQL as a JSON array, or what a handler returned as JSON;
 * {@code null} if there is none
 * @param rowCount number of rows that the SQL returned or changed; {@code null} if it is
 * unknown
 * @param sqlState of the error; {@code null} if there is none
 * @param message of the error; {@code null} if there is none
 * @param finishedAt the time at which the job ended; {@code null} if it has not ended
 */
public record ResultRow(long id, String state, @Nullable String value, @Nullable Long rowCount,
		@Nullable String sqlState, @Nullable String message, @Nullable Instant finishedAt) {

	private static final String PENDING = "PENDING";

	static ResultRow of(ResultSet row) throws SQLException {
		return new ResultRow(row.getLong("id"), row.getString("state"), row.getString("value"),
				row.getObject("row_count", Long.class), row.getString("sqlstate"), row.getString("message"),
				Instants.readIfPresent(row, "finished_at"));
	}

	/**
	 * Returns whether the job has ended.
	 * @return whether it has ended
	 */
	public boolean isFinal() {
		return !this.state.equals(PENDING);
	}

}
