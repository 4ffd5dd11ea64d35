package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.SQLException;

import javax.sql.DataSource;

/**
 * Takes connections for sessions whose statements each commit by themselves.
 *
 * @param <S> the session
 */
interface Sessions<S> {

	/**
	 * Begins a session.
	 * @param connection that commits automatically
	 * @return the session, which closes the connection
	 * @throws SQLException if the connection does not serve
	 */
	S begin(Connection connection) throws SQLException;

	/**
	 * Opens a session on a connection, which is given back if the session cannot begin.
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
	 * Makes a session one at READ COMMITTED. Where that is the default nothing is set,
	 * which a connection pooler would carry over to other clients.
	 */
	static void readCommitted(Connection connection) throws SQLException {
		if (connection.getTransactionIsolation() != Connection.TRANSACTION_READ_COMMITTED) {
			connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
		}
	}

}
