package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * Converts between durations and what statements take and return for them.
 */
final class Durations {

	private static final double NANOS = 1e9;

	private Durations() {
	}

	/**
	 * Returns a duration as the argument of {@code make_interval(secs => ?)}.
	 */
	static double seconds(Duration duration) {
		return duration.getSeconds() + duration.getNano() / NANOS;
	}

	/**
	 * Reads a column that has a number of milliseconds.
	 * @return the duration, or {@code null} if the column is null
	 */
	static @Nullable Duration ofMillis(ResultSet row, String column) throws SQLException {
		long millis = row.getLong(column);
		return row.wasNull() ? null : Duration.ofMillis(millis);
	}

}
