package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;

import org.jspecify.annotations.Nullable;

/**
 * A queue, as the database has it.
 *
 * @param name of the queue
 * @param paused whether it is paused
 * @param concurrency maximum number of jobs at once; {@code null} for no limit
 * @param rate maximum number of jobs that are begun in a period; {@code null} for no
 * limit
 * @param per the length of the period
 * @param perKey maximum number of jobs of a fair key at once; {@code null} if fair keys
 * do not take turns
 * @param ratePerKey maximum number of jobs of a fair key that are begun in a period;
 * {@code null} for no limit
 * @param breakAfter number of failed attempts in a row after which its circuit breaker
 * trips; {@code null} if it has none
 * @param breakFor time for which the breaker then waits at first
 */
public record QueueRow(String name, boolean paused, @Nullable Integer concurrency, @Nullable Integer rate, Duration per,
		@Nullable Integer perKey, @Nullable Integer ratePerKey, @Nullable Integer breakAfter, Duration breakFor) {

	static QueueRow of(ResultSet row, int number) throws SQLException {
		return new QueueRow(row.getString("name"), row.getBoolean("paused"),
				row.getObject("concurrency", Integer.class), row.getObject("rate", Integer.class),
				Duration.of(row.getLong("per_micros"), ChronoUnit.MICROS), row.getObject("per_key", Integer.class),
				row.getObject("rate_per_key", Integer.class), row.getObject("break_after", Integer.class),
				Duration.of(row.getLong("break_for_micros"), ChronoUnit.MICROS));
	}

}
