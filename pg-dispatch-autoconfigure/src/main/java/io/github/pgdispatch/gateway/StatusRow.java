package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * A row of {@code pgdispatch.status()}, which documents the columns.
 *
 * @param kind what the row is about
 * @param name the handler, label, queue or table; {@code null} if there is none
 * @param queue the queue of jobs or dead letters
 * @param state of the jobs or the queue
 * @param count the number, which is zero if the row has none
 * @param exact whether the number is neither a lower bound nor an estimate
 * @param maxCount the limit of the number
 * @param oldest the age of the oldest
 */
public record StatusRow(String kind, @Nullable String name, @Nullable String queue, @Nullable String state, long count,
		boolean exact, @Nullable Long maxCount, @Nullable Duration oldest) {

	static StatusRow of(ResultSet row, int number) throws SQLException {
		return new StatusRow(row.getString("kind"), row.getString("name"), row.getString("queue"),
				row.getString("state"), row.getLong("count"), row.getBoolean("is_exact"),
				row.getObject("max_count", Long.class), Durations.ofMillis(row, "oldest_millis"));
	}

}
