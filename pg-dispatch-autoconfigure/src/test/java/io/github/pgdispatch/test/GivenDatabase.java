package io.github.pgdispatch.test;

import java.util.Properties;

import org.postgresql.Driver;
import org.postgresql.PGProperty;

import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The database of a user's own server, in which pg_cron is.
 */
public final class GivenDatabase {

	/**
	 * The environment variable with its address, such as
	 * {@code jdbc:postgresql://localhost:5432/postgres}.
	 */
	static final String VARIABLE = "PGDISPATCH_TEST_CRON_URL";

	private GivenDatabase() {
	}

	/**
	 * Empties a database, and sees to it that there is pg_cron, and the role {@code app}.
	 * @param url its address, on this machine
	 * @return the database
	 */
	public static TestDatabase at(String url) {
		Properties properties = Driver.parseURL(url, null);
		if (properties == null) {
			throw new IllegalArgumentException(VARIABLE + " is not an address for JDBC: " + url);
		}
		TestDatabase database = new TestDatabase(Integer.parseInt(PGProperty.PG_PORT.getOrDefault(properties)),
				PGProperty.PG_DBNAME.getOrDefault(properties));
		JdbcClient jdbc = database.jdbc("postgres");
		jdbc.sql("CREATE EXTENSION IF NOT EXISTS pg_cron").update();
		jdbc.sql("""
				DO $$ BEGIN
					CREATE ROLE app LOGIN;
				EXCEPTION WHEN duplicate_object THEN
					DROP OWNED BY app CASCADE;
				END $$""").update();
		jdbc.sql("DROP SCHEMA IF EXISTS pgdispatch CASCADE").update();
		jdbc.sql("GRANT ALL ON SCHEMA public TO app").update();
		jdbc.sql("GRANT USAGE ON SCHEMA cron TO app").update();
		return database;
	}

}
