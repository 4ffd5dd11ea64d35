package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * A row of {@code pgdispatch.attempts(bigint)}, which documents the columns.
 *
 * @param number of the attempt
 * @param outcome the name of what became of it, in upper case
 * @param startedAt the time at which it began
 * @param endedAt the time at which it ended
 * @param node that made it
 * @param sqlState of the error
 * @param message of the error
 */
public record AttemptRow(int number, String outcome, @Nullable Instant startedAt, Instant endedAt,
		@Nullable String node, @Nullable String sqlState, @Nullable String message) {

	static AttemptRow of(ResultSet row, int number) throws SQLException {
		return new AttemptRow(row.getInt("attempt"), row.getString("outcome"),
				Instants.readIfPresent(row, "started_at"), Instants.read(row, "ended_at"), row.getString("node"),
				row.getString("sqlstate"), row.getString("message"));
	}

}
