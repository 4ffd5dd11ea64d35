package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * Converts between durations and what statements take and return for them.
 */
public final class Durations {

	/**
	 * The longest duration of any kind: about ten years. Times that are computed from it
	 * overflow neither in PostgreSQL nor as nanoseconds in a {@code long}, and nobody has
	 * a job wait for longer.
	 */
	public static final Duration MAX = Duration.ofDays(3_652);

	private static final double NANOS = 1e9;

	private Durations() {
	}

	/**
	 * Returns the duration, or {@link #MAX} if that is shorter.
	 * @param duration any duration that is not negative
	 * @return a duration that can be computed with
	 */
	public static Duration capped(Duration duration) {
		return (duration.compareTo(MAX) < 0) ? duration : MAX;
	}

	/**
	 * Returns a duration as the argument of {@code make_interval(secs => ?)}.
	 */
	static double seconds(Duration duration) {
		return duration.getSeconds() + duration.getNano() / NANOS;
	}

	/**
	 * Reads a column that has a number of milliseconds. SQL may have asked for a longer
	 * time than {@link #MAX}, which is read as that.
	 * @return the duration, or {@code null} if the column is null
	 */
	static @Nullable Duration ofMillis(ResultSet row, String column) throws SQLException {
		long millis = row.getLong(column);
		return row.wasNull() ? null : capped(Duration.ofMillis(millis));
	}

}
