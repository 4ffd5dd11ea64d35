package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import javax.sql.DataSource;

/**
 * Finds out whether the current role has jobs at all, whenever they are due. That costs a
 * tenth of the looks at both queues, which call a dozen functions in a session that has
 * to compile them first. Thread-safe.
 */
public final class AnyJobs {

	private static final String EXIST = """
			SELECT EXISTS (SELECT FROM pgdispatch.job AS j
			                WHERE j.role OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole)
			    OR EXISTS (SELECT FROM pgdispatch.handler_job AS j
			                WHERE j.role OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole)""";

	private final DataSource dataSource;

	/**
	 * Creates a gateway.
	 * @param dataSource of sessions that have logged in as the role
	 */
	public AnyJobs(DataSource dataSource) {
		this.dataSource = dataSource;
	}

	/**
	 * Returns whether there is a job: snoozed, waiting, paused or running.
	 * @return whether there is one of the current role
	 * @throws SQLException if the database cannot be asked
	 */
	public boolean exist() throws SQLException {
		try (Connection connection = this.dataSource.getConnection();
				Statement statement = connection.createStatement();
				ResultSet row = statement.executeQuery(EXIST)) {
			row.next();
			return row.getBoolean(1);
		}
	}

}
