package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * What has become of a job, as the database tells of it.
 *
 * @param id identifies the job
 * @param state the name of its state, in upper case
 * @param value the rows of SQL as a JSON array, or what a handler has returned
 * @param rowCount how many rows the SQL has returned or changed
 * @param sqlState of the error
 * @param message of the error
 * @param finishedAt when it ended
 */
public record ResultRow(long id, String state, @Nullable String value, @Nullable Long rowCount,
		@Nullable String sqlState, @Nullable String message, @Nullable Instant finishedAt) {

	private static final String PENDING = "PENDING";

	static ResultRow of(ResultSet row) throws SQLException {
		return new ResultRow(row.getLong("id"), row.getString("state"), row.getString("value"),
				row.getObject("row_count", Long.class), row.getString("sqlstate"), row.getString("message"),
				JobRow.instant(row, "finished_at"));
	}

	/**
	 * Whether the job has ended.
	 * @return whether it has
	 */
	public boolean isFinal() {
		return !this.state.equals(PENDING);
	}

}
