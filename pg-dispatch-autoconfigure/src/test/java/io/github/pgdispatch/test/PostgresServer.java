package io.github.pgdispatch.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.UUID;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * A PostgreSQL server of the tests' own. Roles are shared by its databases.
 */
public final class PostgresServer implements AutoCloseable {

	private final EmbeddedPostgres.Builder builder;

	private EmbeddedPostgres server;

	private PostgresServer(EmbeddedPostgres.Builder builder) throws IOException {
		this.builder = builder;
		this.server = builder.start();
	}

	/**
	 * Starts a server.
	 * @param settings of its configuration, such as {@code fsync=on}
	 * @return the server, which is to be closed
	 */
	public static PostgresServer start(String... settings) {
		try {
			EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
				.setDataDirectory(Files.createTempDirectory("pg-dispatch-test-"))
				.setCleanDataDirectory(false)
				.setPort(Ports.reserve())
				.setServerConfig("max_connections", "200")
				.setServerConfig("max_prepared_transactions", "10");
			for (String setting : settings) {
				String[] nameAndValue = setting.split("=", 2);
				builder.setServerConfig(nameAndValue[0], nameAndValue[1]);
			}
			return new PostgresServer(builder);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Stops the server, which keeps its data and its port.
	 */
	public void stop() {
		try {
			this.server.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Starts the server again.
	 */
	public void startAgain() {
		try {
			this.server = this.builder.start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Creates an empty database, in which the superuser {@code postgres} and a role
	 * {@code app} that may create schemas can log in, without a password.
	 * @return the database
	 */
	public TestDatabase createDatabase() {
		String name = "test_" + UUID.randomUUID().toString().replace("-", "");
		JdbcClient jdbc = JdbcClient.create(this.server.getPostgresDatabase());
		jdbc.sql("CREATE DATABASE " + name).update();
		jdbc.sql("""
				DO $$ BEGIN
					CREATE ROLE app LOGIN;
				EXCEPTION WHEN duplicate_object THEN
				END $$""").update();
		jdbc.sql("GRANT ALL ON DATABASE " + name + " TO app").update();
		TestDatabase database = new TestDatabase(this.server.getPort(), name);
		JdbcClient.create(database.dataSource("postgres")).sql("GRANT ALL ON SCHEMA public TO app").update();
		return database;
	}

	@Override
	public void close() {
		stop();
	}

}
