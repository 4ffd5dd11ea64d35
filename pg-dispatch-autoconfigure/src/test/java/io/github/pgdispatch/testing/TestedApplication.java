package io.github.pgdispatch.testing;

import java.util.List;

import javax.sql.DataSource;

import io.github.pgdispatch.test.PostgresServer;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * An application that its tests start as a whole or a slice of.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
class TestedApplication {

	@Bean
	PostgresServer server() {
		return PostgresServer.start("fsync=off");
	}

	@Bean
	DataSource dataSource(PostgresServer server) {
		TestDatabase database = server.createDatabase();
		List.of("CREATE TABLE effect (name text)", "CREATE TABLE newcomer (id bigint PRIMARY KEY, name text)")
			.forEach((table) -> database.jdbc("app").sql(table).update());
		List.of("CREATE ROLE reporter", "GRANT reporter TO app")
			.forEach((role) -> database.jdbc("postgres").sql(role).update());
		return database.dataSource("app");
	}

	/**
	 * What was done, in order.
	 */
	static List<String> effects(JdbcClient jdbc) {
		return jdbc.sql("SELECT name FROM effect ORDER BY ctid").query(String.class).list();
	}

}
