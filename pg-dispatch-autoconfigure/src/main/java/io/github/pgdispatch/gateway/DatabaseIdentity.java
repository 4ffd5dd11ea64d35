package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import javax.sql.DataSource;

/**
 * Tells whether two {@code DataSource}s lead to the same jobs: those of one role in one
 * database of one server, as long as the server is not restarted.
 *
 * @param server the time at which the server was started
 * @param database the id of the database
 * @param role the role that has logged in
 */
public record DatabaseIdentity(String server, long database, String role) {

	private static final String IDENTITY = """
			SELECT pg_catalog.pg_postmaster_start_time() AS server, oid::bigint AS database, session_user AS role
			  FROM pg_catalog.pg_database
			 WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database()""";

	/**
	 * Determines the identity by a connection.
	 * @param dataSource that provides the connection
	 * @return the identity of the database
	 * @throws SQLException if the database cannot be asked
	 */
	public static DatabaseIdentity of(DataSource dataSource) throws SQLException {
		try (Connection connection = dataSource.getConnection();
				Statement statement = connection.createStatement();
				ResultSet row = statement.executeQuery(IDENTITY)) {
			row.next();
			return new DatabaseIdentity(row.getString("server"), row.getLong("database"), row.getString("role"));
		}
	}

}
