package io.github.pgdispatch.gateway;

import java.sql.Connection;
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

	/**
	 * Longer than any of these queries ever takes: without it, a server that has vanished
	 * would be waited for until TCP gives up.
	 */
	private static final Duration NETWORK_TIMEOUT = Duration.ofSeconds(10);

	private final Connection connection;

	private final JobQueue queue;

	private final boolean listens;

	private boolean resting;

	private boolean stirred;

	private WatchSession(Connection connection, JobQueue queue, boolean listens) {
		this.connection = connection;
		this.queue = queue;
		this.listens = listens;
	}

	/**
	 * Opens a session.
	 * @param dataSource that it is taken from
	 * @param queue that it watches
	 * @param listen whether it is to be notified of dispatches from SQL, which a
	 * connection pooler between here and the database may not allow
	 * @return the session, which is to be closed
	 * @throws SQLException if there is none to be had
	 */
	public static WatchSession open(DataSource dataSource, JobQueue queue, boolean listen) throws SQLException {
		return Sessions.open(dataSource, (connection) -> {
			// Under the role's default, if that is another, a look could not follow the
			// lock, and could make others' transactions fail.
			Sessions.readCommitted(connection);
			connection.setNetworkTimeout(Runnable::run, (int) NETWORK_TIMEOUT.toMillis());
			WatchSession session = new WatchSession(connection, queue, listen);
			if (listen) {
				session.listen();
			}
			return session;
		});
	}

	private void listen() throws SQLException {
		try (Statement statement = this.connection.createStatement()) {
			ResultSet row = statement
				.executeQuery("SELECT " + this.queue.channel() + "(quote_ident(session_user)::regrole)");
			row.next();
			String channel = row.getString(1);
			statement.execute("LISTEN " + statement.enquoteIdentifier(channel, true));
		}
	}

	/**
	 * Looks at the queue, and lies down to rest if it can.
	 * @return what there is to do
	 * @throws SQLException if the session is lost
	 */
	public QueueStatus watch() throws SQLException {
		JobQueue.Look look = this.queue.look(this.connection, this.listens && !this.resting);
		this.stirred = false;
		this.resting |= look.resting();
		return new QueueStatus(look.due(), look.nextDueIn(), this.resting || look.notified() || !this.listens);
	}

	/**
	 * Ends the rest, if there is one, so that dispatches from SQL are spared the
	 * notification.
	 * @throws SQLException if the session is lost
	 */
	public void stir() throws SQLException {
		if (this.resting) {
			try (Statement statement = this.connection.createStatement()) {
				statement.execute("SELECT " + this.queue.stir() + "()");
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
			statement.execute("SELECT pgdispatch.end_polling()");
			statement.execute("UNLISTEN *");
		}
	}

}
