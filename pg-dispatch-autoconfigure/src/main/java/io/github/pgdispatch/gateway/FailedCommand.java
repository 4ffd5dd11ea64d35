package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;

import org.jspecify.annotations.Nullable;

/**
 * A failed attempt of an SQL job, as a log line shows it: without the SQL, which may have
 * secrets, and without the details of the error, which may show values.
 *
 * @param id of the job
 * @param label of the job; {@code null} if it has none
 * @param attempt the number of the attempt, which starts at 1
 * @param sqlState of the error
 * @param message of the error
 * @param failedAt the time at which the job became a dead letter; {@code null} if it did
 * not, or if the time is unknown
 */
public record FailedCommand(long id, @Nullable String label, int attempt, @Nullable String sqlState,
		@Nullable String message, @Nullable OffsetDateTime failedAt) {

	static FailedCommand of(ResultSet row) throws SQLException {
		return new FailedCommand(row.getLong("id"), row.getString("label"), row.getInt("attempts"),
				row.getString("sqlstate"), row.getString("message"), row.getObject("failed_at", OffsetDateTime.class));
	}

}
