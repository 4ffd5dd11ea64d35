package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.function.Consumer;

import javax.sql.DataSource;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Asks the database as which role, and where, it runs the statements of a
 * {@code DataSource}. Thread-safe.
 */
public final class RoleGateway {

	private static final String LOOK = """
			SELECT pg_catalog.pg_try_advisory_xact_lock(?) AS locked, CURRENT_USER AS role, pg_catalog.current_database() AS database,
			       pg_catalog.host(pg_catalog.inet_server_addr()) AS host, pg_catalog.inet_server_port() AS port, pg_catalog.pg_is_in_recovery() AS standby""";

	private final DataSource dataSource;

	/**
	 * Creates a gateway.
	 * @param dataSource of the sessions
	 */
	public RoleGateway(DataSource dataSource) {
		this.dataSource = dataSource;
	}

	/**
	 * Returns the current role of a session.
	 * @return the name of the role
	 * @throws org.springframework.dao.DataAccessException if there is no session
	 */
	public String currentRole() {
		return JdbcClient.create(this.dataSource).sql("SELECT CURRENT_USER").query(String.class).single();
	}

	/**
	 * Returns where a session is. It tries to take an advisory lock, and gives it back.
	 * @param lock the key of the lock
	 * @return the place
	 * @throws SQLException if there is no session
	 */
	public SessionPlace look(long lock) throws SQLException {
		try (Connection connection = Sessions.open(this.dataSource, (opened) -> opened)) {
			return look(connection, lock);
		}
	}

	/**
	 * Holds an advisory lock in a transaction. Meanwhile, no other session in the same
	 * database of the same server can get it. Sessions elsewhere can, also in a database
	 * of the same name and on a standby.
	 * @param lock the key of the lock
	 * @param action is given the place of the session that holds the lock
	 * @throws SQLException if there is no session
	 */
	public void whileLocked(long lock, Consumer<SessionPlace> action) throws SQLException {
		try (Connection connection = this.dataSource.getConnection()) {
			connection.setAutoCommit(false);
			try {
				action.accept(look(connection, lock));
			}
			finally {
				connection.rollback();
				connection.setAutoCommit(true);
			}
		}
	}

	private static SessionPlace look(Connection connection, long lock) throws SQLException {
		try (PreparedStatement statement = connection.prepareStatement(LOOK)) {
			statement.setLong(1, lock);
			try (ResultSet row = statement.executeQuery()) {
				row.next();
				String host = row.getString("host");
				return new SessionPlace(row.getString("role"), row.getString("database"),
						(host != null) ? host + " port " + row.getInt("port") : null, row.getBoolean("standby"),
						row.getBoolean("locked"));
			}
		}
	}

}
