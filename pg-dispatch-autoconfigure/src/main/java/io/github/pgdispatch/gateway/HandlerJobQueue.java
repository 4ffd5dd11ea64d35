package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * The queue of the jobs of a node's handlers.
 *
 * @param node that watches
 * @param handlers the names of the node's handlers
 * @param unknownHandlers called at each look with the names of other handlers whose jobs
 * have been waiting for a while
 * @param poisonJobDue called at each look with whether a poison job is due, which is to
 * be run in isolation
 */
public record HandlerJobQueue(UUID node, Set<String> handlers, Consumer<Set<String>> unknownHandlers,
		Consumer<Boolean> poisonJobDue) implements JobQueue {

	private static final String WATCH = """
			SELECT due, pg_catalog.floor(extract(epoch FROM next_due_in) OPERATOR(pg_catalog.*) 1000)::bigint AS next_due_in_ms, idle, notified, unknown, poison, others_due
			  FROM pgdispatch.poll_handlers(?, ?, ?)""";

	@Override
	public String channelFunction() {
		return "pgdispatch.node_channel";
	}

	@Override
	public Look look(Connection connection, boolean rest) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(WATCH)) {
			statement.setObject(1, this.node);
			statement.setArray(2, connection.createArrayOf("text", this.handlers.toArray()));
			statement.setBoolean(3, rest);
			ResultSet row = statement.executeQuery();
			row.next();
			this.unknownHandlers.accept(Set.of((String[]) row.getArray("unknown").getArray()));
			this.poisonJobDue.accept(row.getBoolean("poison"));
			return new Look(row.getBoolean("due") ? 1 : 0, row.getBoolean("others_due"),
					Durations.ofMillis(row, "next_due_in_ms"), row.getBoolean("idle"), row.getBoolean("notified"));
		}
	}

	@Override
	public String endRestFunction() {
		return "pgdispatch.stop_idling_node";
	}

}
