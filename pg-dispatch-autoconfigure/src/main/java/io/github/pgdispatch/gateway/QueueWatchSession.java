package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

import javax.sql.DataSource;

import org.postgresql.PGNotification;

/**
 * A session that watches a queue for the drivers of its role. Not thread-safe.
 *
 * <p>
 * While the session rests, dispatches from SQL notify it. A session that does not rest
 * spares them the notification, as its node looks at the queue anyway. Of several
 * sessions, one rests. The others receive its notifications, and leave the jobs to it.
 */
public final class QueueWatchSession implements AutoCloseable {

	private static final Duration NETWORK_TIMEOUT = Duration.ofSeconds(10);

	/**
	 * The state is null if the server does not track activities.
	 */
	private static final String IDLE_SESSIONS = """
			SELECT pid, coalesce(state, '') OPERATOR(pg_catalog.=) 'idle' AS idle
			  FROM pg_catalog.pg_stat_activity
			 WHERE pid OPERATOR(pg_catalog.=) ANY (?)""";

	private final Connection connection;

	private final JobQueue queue;

	private final boolean listens;

	private boolean resting;

	private boolean restEnded;

	/**
	 * Whether another session rested at the last look. If not, nobody else may heed a
	 * notification that is on its way.
	 */
	private boolean anotherRests;

	private QueueWatchSession(Connection connection, JobQueue queue, boolean listens) {
		this.connection = connection;
		this.queue = queue;
		this.listens = listens;
	}

	/**
	 * Opens a session.
	 * @param dataSource that provides the connection
	 * @param queue to watch
	 * @param listen whether dispatches from SQL are to notify the session, which a
	 * connection pooler between the node and the database may not allow
	 * @return the session, which is to be closed
	 * @throws SQLException if no session can be opened
	 */
	public static QueueWatchSession open(DataSource dataSource, JobQueue queue, boolean listen) throws SQLException {
		return Sessions.open(dataSource, (connection) -> {
			// At a higher isolation level, a look would not see what was committed after
			// its snapshot was taken, and could make transactions of others fail.
			Sessions.readCommitted(connection);
			Sessions.networkTimeout(connection, NETWORK_TIMEOUT);
			if (listen) {
				Notifications.listen(connection, queue.channelFunction());
			}
			return new QueueWatchSession(connection, queue, listen);
		});
	}

	/**
	 * Looks at the queue, and begins to rest if it can.
	 * @param mayRest whether it may begin to rest
	 * @return the status of the queue
	 * @throws SQLException if the session is lost
	 */
	public QueueStatus look(boolean mayRest) throws SQLException {
		JobQueue.Look look = this.queue.look(this.connection, this.listens && mayRest && !this.resting);
		this.restEnded = false;
		this.resting |= look.resting();
		this.anotherRests = !this.resting && look.notified();
		return new QueueStatus(look.due(), look.hasMore(), look.nextDueIn(),
				this.listens && !this.resting && !this.anotherRests);
	}

	/**
	 * Looks at the queue for the last time, after the end of the rest. What was
	 * dispatched while this session was to be notified is seen.
	 * @return the status of the queue
	 * @throws SQLException if the session is lost
	 */
	public QueueStatus lookLast() throws SQLException {
		passRestOn();
		JobQueue.Look look = this.queue.look(this.connection, false);
		return new QueueStatus(look.due(), look.hasMore(), look.nextDueIn(), false);
	}

	/**
	 * Ends the rest, if there is one, so that dispatches from SQL are spared the
	 * notification.
	 * @throws SQLException if the session is lost
	 */
	public void endRest() throws SQLException {
		if (this.resting) {
			try (Statement statement = this.connection.createStatement()) {
				statement.execute("SELECT " + this.queue.endRestFunction() + "()");
			}
			this.resting = false;
			this.restEnded = true;
		}
	}

	/**
	 * Ends the rest, if there is one, and has the other sessions look at the queue, so
	 * that one of them rests instead.
	 * @throws SQLException if the session is lost
	 */
	public void passRestOn() throws SQLException {
		if (this.resting) {
			try (Statement statement = this.connection.createStatement()) {
				statement.execute("SELECT " + this.queue.endRestFunction() + "()");
				this.resting = false;
				Notifications.send(statement, this.queue.channelFunction());
			}
		}
	}

	/**
	 * Returns whether the session rests.
	 * @return whether dispatches from SQL notify it
	 */
	public boolean isResting() {
		return this.resting;
	}

	/**
	 * Returns whether {@link #endRest()} ended a rest since the last look.
	 * @return whether it did
	 */
	public boolean isRestEnded() {
		return this.restEnded;
	}

	/**
	 * Asks what other sessions do.
	 * @param pids the process ids of the sessions
	 * @return by process id, whether the session waits for its client; without sessions
	 * that the server does not have
	 * @throws SQLException if this session is lost
	 */
	public Map<Integer, Boolean> idleSessions(Collection<Integer> pids) throws SQLException {
		Map<Integer, Boolean> idle = new HashMap<>();
		try (PreparedStatement statement = this.connection.prepareStatement(IDLE_SESSIONS)) {
			statement.setArray(1, this.connection.createArrayOf("int4", pids.toArray()));
			ResultSet row = statement.executeQuery();
			while (row.next()) {
				idle.put(row.getInt("pid"), row.getBoolean("idle"));
			}
		}
		return idle;
	}

	/**
	 * Waits for a notification, without asking the server anything.
	 * @param timeout the maximum time to wait, at least a millisecond
	 * @return for whom there was a notification
	 * @throws SQLException if the session is lost
	 */
	public Notified await(Duration timeout) throws SQLException {
		Notified notified = Notified.NONE;
		for (PGNotification notification : Notifications.await(this.connection, timeout)) {
			if (!this.anotherRests || Notifications.isForAll(notification)) {
				return Notified.THIS;
			}
			notified = Notified.ANOTHER;
		}
		return notified;
	}

	/**
	 * Ends the session. If it rested, the other sessions look at the queue, so that one
	 * of them rests instead. Dispatches from SQL would notify nobody until a poll
	 * otherwise.
	 */
	@Override
	public void close() throws SQLException {
		try (this.connection; Statement statement = this.connection.createStatement()) {
			try {
				// Whoever is given this connection next must not pass for a driver.
				statement.execute("SELECT pgdispatch.end_polling()");
				if (this.listens) {
					Notifications.unlisten(statement);
				}
				if (this.resting) {
					Notifications.send(statement, this.queue.channelFunction());
				}
			}
			catch (SQLException ex) {
				// Otherwise it would go back to its pool with the locks that it holds.
				this.connection.abort(Runnable::run);
				throw ex;
			}
		}
	}

	/**
	 * For whom there was a notification.
	 */
	public enum Notified {

		/**
		 * There was none.
		 */
		NONE,

		/**
		 * This session is to look at the queue.
		 */
		THIS,

		/**
		 * Another session looks at the queue, unless it is dead or frozen.
		 */
		ANOTHER

	}

}
