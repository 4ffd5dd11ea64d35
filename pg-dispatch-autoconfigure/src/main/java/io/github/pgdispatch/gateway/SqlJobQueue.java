package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * The commands, which the database runs.
 *
 * @param atMost how far due jobs are counted
 */
public record SqlJobQueue(int atMost) implements JobQueue {

	private static final String WATCH = """
			SELECT due, floor(extract(epoch FROM next_due_in) * 1000)::bigint AS next_due_in_ms, idle, notified
			  FROM pgdispatch.poll_queue(max_count => ?, go_idle => ?)""";

	@Override
	public String channel() {
		return "pgdispatch.driver_channel";
	}

	@Override
	public Look look(Connection connection, boolean rest) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(WATCH)) {
			statement.setInt(1, this.atMost);
			statement.setBoolean(2, rest);
			ResultSet row = statement.executeQuery();
			row.next();
			return new Look(row.getInt("due"), nextDueIn(row), row.getBoolean("idle"), row.getBoolean("notified"));
		}
	}

	static @Nullable Duration nextDueIn(ResultSet row) throws SQLException {
		long millis = row.getLong("next_due_in_ms");
		return row.wasNull() ? null : Duration.ofMillis(millis);
	}

	@Override
	public String stir() {
		return "pgdispatch.stop_idling";
	}

}
