package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;

import org.jspecify.annotations.Nullable;

/**
 * A failed attempt of an SQL job, as a log line shows it: without the SQL, which may have
 * secrets, and without the details of the error, which may show values.
 *
 * @param id of the job
 * @param attempt the number of the attempt, which starts at 1
 * @param sqlState of the error
 * @param message of the error
 */
public record FailedCommand(long id, int attempt, @Nullable String sqlState, @Nullable String message) {

	static FailedCommand of(ResultSet row) throws SQLException {
		return new FailedCommand(row.getLong("id"), row.getInt("attempts"), row.getString("sqlstate"),
				row.getString("message"));
	}

}
