package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * The queue of the SQL jobs of the current role.
 *
 * @param workers maximum number of jobs that the node runs at once
 */
public record SqlJobQueue(int workers) implements JobQueue {

	private static final String WATCH = """
			SELECT due, pg_catalog.floor(extract(epoch FROM next_due_in) OPERATOR(pg_catalog.*) 1000)::bigint AS next_due_in_ms, idle, notified
			  FROM pgdispatch.poll_queue(max_count => ?, go_idle => ?)""";

	@Override
	public String channelFunction() {
		return "pgdispatch.driver_channel";
	}

	@Override
	public Look look(Connection connection, boolean rest) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(WATCH)) {
			statement.setInt(1, this.workers + 1);
			statement.setBoolean(2, rest);
			ResultSet row = statement.executeQuery();
			row.next();
			int due = row.getInt("due");
			return new Look(due, due > this.workers, Durations.ofMillis(row, "next_due_in_ms"), row.getBoolean("idle"),
					row.getBoolean("notified"));
		}
	}

	@Override
	public String endRestFunction() {
		return "pgdispatch.stop_idling";
	}

}
