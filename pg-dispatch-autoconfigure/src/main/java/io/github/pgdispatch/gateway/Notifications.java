package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * Listens to the notifications of the database on one channel of the current role.
 */
final class Notifications {

	private static final PGNotification[] NONE = {};

	/**
	 * The payload of a notification that every session is to heed. Any other one is for
	 * the session that rests.
	 */
	private static final String ALL = "all";

	private Notifications() {
	}

	/**
	 * Begins to listen.
	 * @param connection that is held until the end
	 * @param channel the name of the SQL function that returns the channel of a role
	 */
	static void listen(Connection connection, String channel) throws SQLException {
		try (Statement statement = connection.createStatement()) {
			ResultSet row = statement
				.executeQuery("SELECT " + channel + "(pg_catalog.quote_ident(session_user)::pg_catalog.regrole)");
			row.next();
			statement.execute("LISTEN " + statement.enquoteIdentifier(row.getString(1), true));
		}
	}

	/**
	 * Waits for notifications, without asking the server anything.
	 * @param timeout the maximum time to wait, at least a millisecond
	 * @return the notifications, which may be none
	 */
	static PGNotification[] await(Connection connection, Duration timeout) throws SQLException {
		PGNotification[] notifications = connection.unwrap(PGConnection.class)
			.getNotifications((int) timeout.toMillis());
		return (notifications != null) ? notifications : NONE;
	}

	/**
	 * Returns whether every session that listens is to heed the notification.
	 */
	static boolean isForAll(PGNotification notification) {
		return ALL.equals(notification.getParameter());
	}

	/**
	 * Notifies all that listen.
	 * @param channel the name of the SQL function that returns the channel of a role
	 */
	static void send(Statement statement, String channel) throws SQLException {
		statement.execute("SELECT pg_catalog.pg_notify(" + channel
				+ "(pg_catalog.quote_ident(session_user)::pg_catalog.regrole), '" + ALL + "')");
	}

	/**
	 * Ends listening, so that whoever is given the connection next is not notified.
	 */
	static void unlisten(Statement statement) throws SQLException {
		statement.execute("UNLISTEN *");
	}

}
