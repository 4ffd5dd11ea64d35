package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;

import javax.sql.DataSource;

import org.postgresql.PGConnection;

/**
 * Finds out whether the connections of a {@code DataSource} have sessions of their own.
 * Behind a connection pooler in transaction mode, such as PgBouncer, each transaction
 * gets any session of the server. What one sets in its session, others have then.
 * Thread-safe.
 */
public final class SessionGateway {

	private static final String PID = "SELECT pg_catalog.pg_backend_pid()";

	/**
	 * Number of tests. One is enough, unless other clients of the pooler come between.
	 */
	private static final int TESTS = 5;

	/**
	 * Maximum number of connections that may be lost meanwhile.
	 */
	private static final int MAX_LOST = 20;

	private final DataSource dataSource;

	/**
	 * Creates a gateway.
	 * @param dataSource of the connections, of which one or two are taken at a time
	 */
	public SessionGateway(DataSource dataSource) {
		this.dataSource = dataSource;
	}

	/**
	 * Returns whether two connections have shared a session. A direct connection is told
	 * by its process id, which a pooler does not pass on, and costs one query.
	 * @return whether they have
	 * @throws SQLException if there is no connection, or if each one is lost
	 */
	public boolean areShared() throws SQLException {
		for (int lost = 0;; lost++) {
			try {
				return share();
			}
			catch (SQLTransientConnectionException ex) {
				throw ex;
			}
			catch (SQLException ex) {
				// A pooler may have sessions that the server has ended.
				if (lost == MAX_LOST) {
					throw ex;
				}
			}
		}
	}

	private boolean share() throws SQLException {
		try (Connection one = this.dataSource.getConnection()) {
			int pid = pid(one);
			if (pid == one.unwrap(PGConnection.class).getBackendPID()) {
				return false;
			}
			try (Connection other = this.dataSource.getConnection()) {
				return share(one, pid, other);
			}
		}
	}

	/**
	 * While the transaction of one connection has a session, that session cannot be the
	 * other one's, unless sessions are shared. Without a transaction, the session of a
	 * connection does not change, unless sessions are shared.
	 */
	private static boolean share(Connection one, int pid, Connection other) throws SQLException {
		other.setAutoCommit(false);
		try {
			for (int i = 0; i < TESTS; i++) {
				if (pid(other) == pid || pid(one) != pid) {
					return true;
				}
				other.rollback();
				// A pooler gives the session that was used last to the next transaction,
				// or the one that was not used for the longest time.
				if (pid(one) != pid) {
					return true;
				}
			}
			return false;
		}
		finally {
			other.rollback();
			other.setAutoCommit(true);
		}
	}

	private static int pid(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(PID)) {
			row.next();
			return row.getInt(1);
		}
	}

}
