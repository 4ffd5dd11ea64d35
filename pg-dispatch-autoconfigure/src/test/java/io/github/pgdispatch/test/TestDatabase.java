package io.github.pgdispatch.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

import javax.sql.DataSource;

import org.postgresql.ds.PGSimpleDataSource;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * A database of one test.
 *
 * @param port of the server on localhost
 * @param name of the database
 */
public record TestDatabase(int port, String name) {

	private static final ClassPathResource SCRIPT = new ClassPathResource(
			"io/github/pgdispatch/schema/pg_dispatch--1.0.0.sql");

	public String url() {
		return "jdbc:postgresql://localhost:" + this.port + "/" + this.name;
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
	 * Installs the schema by running its script, as a DBA would.
	 * @param role that will own the schema
	 * @return this database
	 */
	public TestDatabase install(String role) {
		try (Connection connection = dataSource(role).getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute(SCRIPT.getContentAsString(StandardCharsets.UTF_8));
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return this;
	}

}
