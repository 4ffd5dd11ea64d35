package io.github.pgdispatch.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;

import javax.sql.DataSource;

import org.postgresql.ds.PGSimpleDataSource;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * A database of one test.
 *
 * @param port of the server on localhost
 * @param name of the database
 */
public record TestDatabase(int port, String name) {

	/**
	 * Newest version of the schema.
	 */
	public static final String SCHEMA_VERSION = resource("versions.txt").lines().reduce((older, newer) -> newer).get();

	public String url() {
		return "jdbc:postgresql://localhost:" + this.port + "/" + this.name;
	}

	/**
	 * Creates another database on the same server.
	 * @return the new database
	 */
	public TestDatabase another() {
		return create(this.port);
	}

	/**
	 * Creates an empty database, in which the superuser {@code postgres} and a role
	 * {@code app} that may create schemas can log in.
	 * @param port of the server, which has the role
	 * @return the database
	 */
	static TestDatabase create(int port) {
		TestDatabase database = new TestDatabase(port, "test_" + UUID.randomUUID().toString().replace("-", ""));
		database.create();
		return database;
	}

	void create() {
		createFrom("template1");
		jdbc("postgres").sql("GRANT ALL ON SCHEMA public TO app").update();
	}

	void createFrom(String template) {
		try (SingleConnectionDataSource session = maintenanceSession()) {
			JdbcClient server = JdbcClient.create(session);
			server.sql("CREATE DATABASE " + this.name + " TEMPLATE " + template).update();
			server.sql("GRANT ALL ON DATABASE " + this.name + " TO app").update();
		}
	}

	void drop() {
		try (SingleConnectionDataSource session = maintenanceSession()) {
			JdbcClient server = JdbcClient.create(session);
			// DROP DATABASE waits for 100 ms if a session has not ended yet.
			server.sql("""
					DO $$ BEGIN
						WHILE EXISTS (SELECT FROM pg_stat_activity WHERE datname = '%s') LOOP
							PERFORM pg_sleep(0.001);
							PERFORM pg_stat_clear_snapshot();
						END LOOP;
					END $$""".formatted(this.name)).update();
			server.sql("DROP DATABASE " + this.name).update();
		}
	}

	/**
	 * A session in a database that is not dropped.
	 */
	private SingleConnectionDataSource maintenanceSession() {
		SingleConnectionDataSource session = new SingleConnectionDataSource(
				new TestDatabase(this.port, "postgres").url(), "postgres", "", true);
		session.setAutoCommit(true);
		return session;
	}

	/**
	 * Sessions of a role that is allowed to log in.
	 * @param role that logs in
	 * @return a source of new connections, which are not pooled
	 */
	public DataSource dataSource(String role) {
		PGSimpleDataSource dataSource = new PGSimpleDataSource();
		dataSource.setUrl(url());
		dataSource.setUser(role);
		return dataSource;
	}

	public JdbcClient jdbc(String role) {
		return JdbcClient.create(dataSource(role));
	}

	/**
	 * Statements of one session, for those that ask again and again: to begin a session
	 * costs as much as twenty queries. It is begun again after it was lost.
	 * @param role that logs in
	 * @return what runs one statement at a time
	 */
	public JdbcClient jdbcOfOneSession(String role) {
		return JdbcClient.create(new KeptConnection(dataSource(role)));
	}

	/**
	 * Installs the schema as a DBA would, by its script.
	 * @param role that will own the schema
	 * @return this database
	 */
	public TestDatabase install(String role) {
		return InstalledTemplate.of(this.port, role).replace(this) ? this : runScript(role);
	}

	TestDatabase runScript(String role) {
		return run(role, script());
	}

	/**
	 * Updates the schema by running a script, as a DBA would.
	 * @param role that owns the schema
	 * @param version to which it is updated
	 * @return this database
	 */
	public TestDatabase update(String role, NextVersion version) {
		return run(role, version.updateScript());
	}

	private TestDatabase run(String role, String script) {
		try (Connection connection = dataSource(role).getConnection();
				Statement statement = connection.createStatement()) {
			connection.setAutoCommit(false);
			statement.execute(script);
			connection.commit();
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
		return this;
	}

	/**
	 * Returns the script that installs the schema.
	 * @return its text
	 */
	public static String script() {
		return resource("pg_dispatch--" + SCHEMA_VERSION + ".sql");
	}

	private static String resource(String name) {
		try {
			return new ClassPathResource("io/github/pgdispatch/schema/" + name)
				.getContentAsString(StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
