package io.github.pgdispatch.gateway;

import javax.sql.DataSource;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Asks the database as which role it runs the statements of a {@code DataSource}.
 * Thread-safe.
 */
public final class RoleGateway {

	private final JdbcClient jdbc;

	/**
	 * Creates a gateway.
	 * @param dataSource of the sessions
	 */
	public RoleGateway(DataSource dataSource) {
		this.jdbc = JdbcClient.create(dataSource);
	}

	/**
	 * Returns the current role of a session.
	 * @return the name of the role
	 * @throws org.springframework.dao.DataAccessException if there is no session
	 */
	public String currentRole() {
		return this.jdbc.sql("SELECT CURRENT_USER").query(String.class).single();
	}

}
