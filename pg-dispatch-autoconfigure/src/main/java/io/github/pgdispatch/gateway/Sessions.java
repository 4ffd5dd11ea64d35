package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

import javax.sql.DataSource;

/**
 * Opens sessions in which each statement commits by itself.
 *
 * @param <S> the type of the session
 */
interface Sessions<S> {

	/**
	 * Begins a session.
	 * @param connection that commits automatically
	 * @return the session, which closes the connection
	 * @throws SQLException if the connection cannot be used
	 */
	S begin(Connection connection) throws SQLException;

	/**
	 * Opens a session on a connection, which is closed if the session cannot begin.
	 */
	static <S> S open(DataSource dataSource, Sessions<S> sessions) throws SQLException {
		Connection connection = dataSource.getConnection();
		try {
			connection.setAutoCommit(true);
			return sessions.begin(connection);
		}
		catch (SQLException ex) {
			connection.close();
			throw ex;
		}
	}

	/**
	 * Sets the isolation level READ COMMITTED, unless it is the default. A connection
	 * pooler would carry a setting over to other clients.
	 */
	static void readCommitted(Connection connection) throws SQLException {
		if (connection.getTransactionIsolation() != Connection.TRANSACTION_READ_COMMITTED) {
			connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
		}
	}

	/**
	 * Limits how long the driver waits for an answer. Without a limit, it would wait for
	 * a server that has vanished until TCP gives up.
	 * @param timeout longer than any query of the session takes
	 */
	static void networkTimeout(Connection connection, Duration timeout) throws SQLException {
		connection.setNetworkTimeout(Runnable::run, (int) timeout.toMillis());
	}

}
