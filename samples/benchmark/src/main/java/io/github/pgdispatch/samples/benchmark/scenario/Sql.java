package io.github.pgdispatch.samples.benchmark.scenario;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Clients.Client;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcOperations;

/**
 * A session that runs a transaction of some statements again and again.
 */
final class Sql implements Client {

	/**
	 * What an application does by itself.
	 */
	static final String BUSINESS = "INSERT INTO business (text) VALUES ('Hello, world')";

	/**
	 * What the transaction is compared to: one more row.
	 */
	static final String ONE_MORE_ROW = "INSERT INTO plain (text) VALUES ('INSERT INTO effect (text) VALUES (''Hello, world'')')";

	/**
	 * What a job does.
	 */
	static final String EFFECT = "INSERT INTO effect (text) VALUES ('Hello, world')";

	static final String FIRE = "SELECT pgdispatch.fire('" + EFFECT.replace("'", "''") + "')";

	private static final String TABLE = " (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), text text)";

	private final Connection connection;

	private final List<PreparedStatement> statements = new ArrayList<>();

	Sql(TestDatabase database, String... statements) throws SQLException {
		this.connection = database.dataSource("app").getConnection();
		this.connection.setAutoCommit(false);
		for (String statement : statements) {
			this.statements.add(this.connection.prepareStatement(statement));
		}
	}

	/**
	 * Dispatches many jobs.
	 * @param command what each of them runs
	 * @param jobs how many
	 */
	static String fireMany(String command, int jobs) {
		return "SELECT count(pgdispatch.fire($job$" + command + "$job$)::text) FROM generate_series(1, " + jobs + ")";
	}

	/**
	 * Dispatches many jobs, and has them run by one worker.
	 * @param command what each of them runs
	 * @param jobs how many
	 * @return how many were run per second
	 */
	static double drain(JdbcOperations app, String command, int jobs) {
		app.execute(fireMany(command, jobs));
		long start = System.nanoTime();
		app.execute("CALL pgdispatch.work()");
		return jobs * 1e9 / (System.nanoTime() - start);
	}

	/**
	 * Creates a database with the schema, and the tables of the application.
	 */
	static TestDatabase createDatabase(BenchmarkServer server) {
		TestDatabase database = server.createDatabaseWithSchema();
		tables().forEach(BenchmarkServer.jdbc(database, "app")::execute);
		return database;
	}

	private static List<String> tables() {
		return List.of("CREATE TABLE business" + TABLE, "CREATE TABLE plain" + TABLE, "CREATE TABLE effect" + TABLE);
	}

	@Override
	public void act() throws SQLException {
		for (PreparedStatement statement : this.statements) {
			statement.execute();
		}
		this.connection.commit();
	}

	@Override
	public void close() throws SQLException {
		this.connection.close();
	}

}
