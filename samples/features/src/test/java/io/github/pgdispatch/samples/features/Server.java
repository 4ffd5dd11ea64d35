package io.github.pgdispatch.samples.features;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.UUID;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

import org.springframework.boot.SpringApplication;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The one PostgreSQL server of all tests.
 */
final class Server {

	private static final EmbeddedPostgres SERVER = start();

	private Server() {
	}

	/**
	 * Creates a database.
	 * @return its JDBC URL
	 */
	static String createDatabase() {
		String name = "features_" + UUID.randomUUID().toString().replace("-", "");
		JdbcClient.create(SERVER.getPostgresDatabase()).sql("CREATE DATABASE " + name).update();
		return SERVER.getJdbcUrl("postgres", name);
	}

	private static EmbeddedPostgres start() {
		try {
			EmbeddedPostgres server = EmbeddedPostgres.builder().setRegisterShutdownHook(false).start();
			// After the applications, which are still connected.
			SpringApplication.getShutdownHandlers().add(() -> stop(server));
			return server;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void stop(EmbeddedPostgres server) {
		try {
			server.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
