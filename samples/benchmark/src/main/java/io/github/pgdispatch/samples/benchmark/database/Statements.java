package io.github.pgdispatch.samples.benchmark.database;

import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Counts the statements that were sent to a database, by pg_stat_statements.
 */
public final class Statements {

	private final JdbcTemplate observer;

	private final String database;

	/**
	 * Counts those of a database.
	 * @param server that has it
	 * @param database in which they are run
	 */
	public Statements(BenchmarkServer server, TestDatabase database) {
		// In another database, so that it does not count itself.
		this.observer = BenchmarkServer.jdbc(server.cronDatabase(), "postgres");
		this.observer.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
		this.database = database.name();
	}

	/**
	 * How many there were since the server was started.
	 * @return a number that only grows
	 */
	public long count() {
		Long calls = this.observer.queryForObject("""
				SELECT coalesce(sum(calls), 0)
				  FROM pg_stat_statements
				  JOIN pg_database AS d ON d.oid = dbid
				 WHERE d.datname = ?""", Long.class, this.database);
		return (calls != null) ? calls : 0;
	}

}
