package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import javax.sql.DataSource;

import org.postgresql.PGNotification;

/**
 * A session that waits for the ends of jobs. Not thread-safe.
 */
public final class ResultSession implements AutoCloseable {

	private static final Duration NETWORK_TIMEOUT = Duration.ofSeconds(10);

	private static final String CHECK = """
			SELECT i.id, pg_catalog.upper(r.state) AS state, r.value::pg_catalog.text, r.row_count, r.sqlstate, r.message, r.finished_at
			  FROM pg_catalog.unnest(?) AS i (id), LATERAL pgdispatch.result(i.id) AS r""";

	private final Connection connection;

	private final boolean listens;

	private ResultSession(Connection connection, boolean listens) {
		this.connection = connection;
		this.listens = listens;
	}

	/**
	 * Opens a session.
	 * @param dataSource that provides the connection
	 * @param listen whether results are to notify the session
	 * @return the session, which is to be closed
	 * @throws SQLException if no session can be opened
	 */
	public static ResultSession open(DataSource dataSource, boolean listen) throws SQLException {
		return Sessions.open(dataSource, (connection) -> {
			Sessions.readCommitted(connection);
			if (listen) {
				// A connection that is held for a moment only has the timeout of its
				// pool.
				Sessions.networkTimeout(connection, NETWORK_TIMEOUT);
				Notifications.listen(connection, "pgdispatch.result_channel");
			}
			return new ResultSession(connection, listen);
		});
	}

	/**
	 * Reads the states and results of jobs.
	 * @param ids of the jobs
	 * @return the results by id, without jobs that do not exist
	 * @throws SQLException if the session is lost
	 */
	public Map<Long, ResultRow> check(Collection<Long> ids) throws SQLException {
		Map<Long, ResultRow> results = query(ids);
		List<Long> missing = ids.stream().filter((id) -> !results.containsKey(id)).toList();
		if (!missing.isEmpty()) {
			// The query misses a dead letter that becomes a job again meanwhile.
			results.putAll(query(missing));
		}
		return results;
	}

	private Map<Long, ResultRow> query(Collection<Long> ids) throws SQLException {
		Map<Long, ResultRow> results = new HashMap<>();
		try (PreparedStatement statement = this.connection.prepareStatement(CHECK)) {
			statement.setArray(1, this.connection.createArrayOf("bigint", ids.toArray()));
			ResultSet row = statement.executeQuery();
			while (row.next()) {
				ResultRow result = ResultRow.of(row);
				results.put(result.id(), result);
			}
		}
		return results;
	}

	/**
	 * Waits for notifications, without asking the server anything.
	 * @param timeout the maximum time to wait, at least a millisecond
	 * @return the ids of jobs that have ended
	 * @throws SQLException if the session is lost
	 */
	public List<Long> await(Duration timeout) throws SQLException {
		List<Long> ended = new ArrayList<>();
		for (PGNotification notification : Notifications.await(this.connection, timeout)) {
			parse(notification.getParameter()).ifPresent(ended::add);
		}
		return ended;
	}

	/**
	 * Any role may notify with any text.
	 */
	private static Optional<Long> parse(String id) {
		try {
			return Optional.of(Long.valueOf(id));
		}
		catch (NumberFormatException ex) {
			return Optional.empty();
		}
	}

	@Override
	public void close() throws SQLException {
		try (this.connection; Statement statement = this.connection.createStatement()) {
			if (this.listens) {
				Notifications.unlisten(statement);
			}
		}
	}

}
