package io.github.pgdispatch.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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

	/**
	 * Version of the schema after all scripts.
	 */
	public static final String SCHEMA_VERSION = "1.7.0";

	private static final List<String> SCRIPTS = List.of("pg_dispatch--1.0.0.sql", "pg_dispatch--1.0.0--1.1.0.sql",
			"pg_dispatch--1.1.0--1.2.0.sql", "pg_dispatch--1.2.0--1.3.0.sql", "pg_dispatch--1.3.0--1.4.0.sql",
			"pg_dispatch--1.4.0--1.5.0.sql", "pg_dispatch--1.5.0--1.6.0.sql", "pg_dispatch--1.6.0--1.7.0.sql");

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
	 * Installs the schema by running its scripts, as a DBA would.
	 * @param role that will own the schema
	 * @return this database
	 */
	public TestDatabase install(String role) {
		return run(role, SCRIPTS);
	}

	/**
	 * Installs an older version of the schema.
	 * @param role that will own the schema
	 * @param version the older version
	 * @return this database
	 */
	public TestDatabase install(String role, String version) {
		return run(role, SCRIPTS.subList(0, scripts(version)));
	}

	/**
	 * Upgrades the schema to the newest version.
	 * @param role that owns the schema
	 * @param version that is there
	 * @return this database
	 */
	public TestDatabase upgrade(String role, String version) {
		return run(role, SCRIPTS.subList(scripts(version), SCRIPTS.size()));
	}

	private static int scripts(String version) {
		for (int i = 0; i < SCRIPTS.size(); i++) {
			if (SCRIPTS.get(i).endsWith("--" + version + ".sql")) {
				return i + 1;
			}
		}
		throw new IllegalArgumentException("There is no version " + version);
	}

	private TestDatabase run(String role, List<String> scripts) {
		try (Connection connection = dataSource(role).getConnection();
				Statement statement = connection.createStatement()) {
			connection.setAutoCommit(false);
			for (String script : scripts) {
				statement.execute(script(script));
				connection.commit();
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
		return this;
	}

	/**
	 * Returns the scripts that install the schema.
	 * @return them by file name, in order
	 */
	public static Map<String, String> scripts() {
		Map<String, String> scripts = new LinkedHashMap<>();
		SCRIPTS.forEach((name) -> scripts.put(name, script(name)));
		return scripts;
	}

	private static String script(String name) {
		try {
			return new ClassPathResource("io/github/pgdispatch/schema/" + name)
				.getContentAsString(StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
