package io.github.pgdispatch.testing;

import javax.sql.DataSource;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Sets the savepoint of a job in the transaction of the test.
 */
final class SavepointGateway {

	private static final String SAVEPOINT = "pgdispatch_job";

	private final JdbcOperations jdbc;

	SavepointGateway(DataSource dataSource) {
		this.jdbc = new JdbcTemplate(dataSource);
	}

	void set() {
		this.jdbc.execute("SAVEPOINT " + SAVEPOINT);
	}

	void release() {
		this.jdbc.execute("RELEASE SAVEPOINT " + SAVEPOINT);
	}

	/**
	 * Undoes what was done since the savepoint was set, and releases it.
	 */
	void rollBack() {
		this.jdbc.execute("ROLLBACK TO SAVEPOINT " + SAVEPOINT);
		release();
	}

}
