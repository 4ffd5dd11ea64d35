package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * The jobs of the handlers that a node knows.
 *
 * @param node that watches
 * @param lease how long a node's claims hold without being renewed
 * @param handlers by name
 * @param unknown told at each look of which other handlers there are jobs that have been
 * waiting for a while
 * @param suspects told at each look whether there is a job with which nodes were lost,
 * and which is to be run alone
 */
public record HandlerJobQueue(UUID node, Duration lease, Set<String> handlers, Consumer<Set<String>> unknown,
		Consumer<Boolean> suspects) implements JobQueue {

	private static final String WATCH = """
			SELECT due, floor(extract(epoch FROM next_due_in) * 1000)::bigint AS next_due_in_ms, idle, notified, unknown, poison
			  FROM pgdispatch.poll_handlers(?, make_interval(secs => ?), ?, ?)""";

	@Override
	public String channel() {
		return "pgdispatch.node_channel";
	}

	@Override
	public Look look(Connection connection, boolean rest) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(WATCH)) {
			statement.setObject(1, this.node);
			statement.setDouble(2, this.lease.toMillis() / 1000.0);
			statement.setArray(3, connection.createArrayOf("text", this.handlers.toArray()));
			statement.setBoolean(4, rest);
			ResultSet row = statement.executeQuery();
			row.next();
			this.unknown.accept(Set.of((String[]) row.getArray("unknown").getArray()));
			this.suspects.accept(row.getBoolean("poison"));
			return new Look(row.getBoolean("due") ? 1 : 0, SqlJobQueue.nextDueIn(row), row.getBoolean("idle"),
					row.getBoolean("notified"));
		}
	}

	@Override
	public String stir() {
		return "pgdispatch.stop_idling_node";
	}

}
