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
 */
public record QueueRow(String name, boolean paused, @Nullable Integer concurrency, @Nullable Integer rate,
		Duration per) {

	static QueueRow of(ResultSet row, int number) throws SQLException {
		return new QueueRow(row.getString("name"), row.getBoolean("paused"),
				row.getObject("concurrency", Integer.class), row.getObject("rate", Integer.class),
				Duration.of(row.getLong("per_micros"), ChronoUnit.MICROS));
	}

}
