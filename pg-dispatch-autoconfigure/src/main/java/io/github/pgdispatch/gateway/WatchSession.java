package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * A session that watches the queue for the drivers of its role. Not thread-safe.
 */
public final class WatchSession implements AutoCloseable {

	private static final String WATCH = """
			SELECT due, floor(extract(epoch FROM next_due_in) * 1000)::bigint AS next_due_in_ms, resting, notified
			  FROM pgdispatch.watch(at_most => ?, rest => ?)""";

	private static final String CHANNEL = "SELECT pgdispatch.channel(quote_ident(session_user)::regrole)";

	/**
	 * Longer than any of these queries ever takes: without it, a server that has vanished
	 * would be waited for until TCP gives up.
	 */
	private static final Duration NETWORK_TIMEOUT = Duration.ofSeconds(10);

	private final Connection connection;

	private final boolean listens;

	private boolean resting;

	private boolean stirred;

	private WatchSession(Connection connection, boolean listens) {
		this.connection = connection;
		this.listens = listens;
	}

	/**
	 * Opens a session.
	 * @param dataSource that it is taken from
	 * @param listen whether it is to be notified of dispatches from SQL, which a
	 * connection pooler between here and the database may not allow
	 * @return the session, which is to be closed
	 * @throws SQLException if there is none to be had
	 */
	public static WatchSession open(DataSource dataSource, boolean listen) throws SQLException {
		return Sessions.open(dataSource, (connection) -> {
			// Under the role's default, if that is another, a look could not follow the
			// lock, and could make others' transactions fail.
			connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
			connection.setNetworkTimeout(Runnable::run, (int) NETWORK_TIMEOUT.toMillis());
			WatchSession session = new WatchSession(connection, listen);
			if (listen) {
				session.listen();
			}
			return session;
		});
	}

	private void listen() throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			ResultSet row = statement.executeQuery(CHANNEL);
			row.next();
			String channel = row.getString(1);
			statement.execute("LISTEN " + statement.enquoteIdentifier(channel, true));
		}
	}

	/**
	 * Looks at the queue, and lies down to rest if it can.
	 * @param atMost how far due jobs are counted
	 * @return what there is to do
	 * @throws SQLException if the session is lost
	 */
	public Outlook watch(int atMost) throws SQLException {
		try (PreparedStatement statement = this.connection.prepareStatement(WATCH)) {
			statement.setInt(1, atMost);
			statement.setBoolean(2, this.listens && !this.resting);
			ResultSet row = statement.executeQuery();
			row.next();
			this.stirred = false;
			this.resting |= row.getBoolean("resting");
			boolean notified = this.resting || row.getBoolean("notified") || !this.listens;
			int due = row.getInt("due");
			long nextDueIn = row.getLong("next_due_in_ms");
			return new Outlook(due, row.wasNull() ? null : Duration.ofMillis(nextDueIn), notified);
		}
	}

	/**
	 * Ends the rest, if there is one, so that dispatches from SQL are spared the
	 * notification.
	 * @throws SQLException if the session is lost
	 */
	public void stir() throws SQLException {
		if (this.resting) {
			try (Statement statement = this.connection.createStatement()) {
				statement.execute("SELECT pgdispatch.stir()");
			}
			this.resting = false;
			this.stirred = true;
		}
	}

	/**
	 * Whether {@link #stir()} ended a rest, and there was no look since.
	 * @return whether it did
	 */
	public boolean isStirred() {
		return this.stirred;
	}

	/**
	 * Waits for a notification, without asking the server anything.
	 * @param timeout at least a millisecond
	 * @return whether there was one
	 * @throws SQLException if the session is lost
	 */
	public boolean await(Duration timeout) throws SQLException {
		PGNotification[] notifications = this.connection.unwrap(PGConnection.class)
			.getNotifications((int) timeout.toMillis());
		return notifications != null && notifications.length > 0;
	}

	@Override
	public void close() throws SQLException {
		try (this.connection; Statement statement = this.connection.createStatement()) {
			// Whoever is given this connection next is not to be notified, nor to pass
			// for a driver.
			statement.execute("SELECT pgdispatch.unwatch()");
			statement.execute("UNLISTEN *");
		}
	}

}
