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

import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * A session that waits for the ends of jobs. Not thread-safe.
 */
public final class ResultSession implements AutoCloseable {

	private static final Duration NETWORK_TIMEOUT = Duration.ofSeconds(10);

	private static final String CHECK = """
			SELECT i.id, upper(r.state) AS state, r.value::text, r.row_count, r.sqlstate, r.message, r.finished_at
			  FROM unnest(?) AS i (id), LATERAL pgdispatch.result(i.id) AS r""";

	private final Connection connection;

	private final boolean listens;

	private ResultSession(Connection connection, boolean listens) {
		this.connection = connection;
		this.listens = listens;
	}

	/**
	 * Opens a session.
	 * @param dataSource that it is taken from
	 * @param listen whether it is to be notified of results
	 * @return the session, which is to be closed
	 * @throws SQLException if there is none to be had
	 */
	public static ResultSession open(DataSource dataSource, boolean listen) throws SQLException {
		return Sessions.open(dataSource, (connection) -> {
			Sessions.readCommitted(connection);
			ResultSession session = new ResultSession(connection, listen);
			if (listen) {
				// A pool takes care of the timeout of connections that it lends for a
				// moment.
				connection.setNetworkTimeout(Runnable::run, (int) NETWORK_TIMEOUT.toMillis());
				session.listen();
			}
			return session;
		});
	}

	private void listen() throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			ResultSet row = statement
				.executeQuery("SELECT pgdispatch.result_channel(quote_ident(session_user)::regrole)");
			row.next();
			String channel = row.getString(1);
			statement.execute("LISTEN " + statement.enquoteIdentifier(channel, true));
		}
	}

	/**
	 * Asks what has become of jobs.
	 * @param ids of the jobs
	 * @return the answers, by id; of a job that there is not, none
	 * @throws SQLException if the session is lost
	 */
	public Map<Long, ResultRow> check(Collection<Long> ids) throws SQLException {
		Map<Long, ResultRow> found = ask(ids);
		List<Long> missing = ids.stream().filter((id) -> !found.containsKey(id)).toList();
		if (!missing.isEmpty()) {
			// Between two looks a dead letter may have become a job again.
			found.putAll(ask(missing));
		}
		return found;
	}

	private Map<Long, ResultRow> ask(Collection<Long> ids) throws SQLException {
		Map<Long, ResultRow> found = new HashMap<>();
		try (PreparedStatement statement = this.connection.prepareStatement(CHECK)) {
			statement.setArray(1, this.connection.createArrayOf("bigint", ids.toArray()));
			ResultSet row = statement.executeQuery();
			while (row.next()) {
				ResultRow result = ResultRow.of(row);
				found.put(result.id(), result);
			}
		}
		return found;
	}

	/**
	 * Waits for notifications, without asking the server anything.
	 * @param timeout at least a millisecond
	 * @return the ids of jobs that have ended
	 * @throws SQLException if the session is lost
	 */
	public List<Long> await(Duration timeout) throws SQLException {
		List<Long> ended = new ArrayList<>();
		PGNotification[] notifications = this.connection.unwrap(PGConnection.class)
			.getNotifications((int) timeout.toMillis());
		if (notifications != null) {
			for (PGNotification notification : notifications) {
				parse(notification.getParameter()).ifPresent(ended::add);
			}
		}
		return ended;
	}

	/**
	 * Anybody may notify of anything.
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
				statement.execute("UNLISTEN *");
			}
		}
	}

}
