package io.github.pgdispatch.autoconfigure;

import javax.sql.DataSource;

import io.github.pgdispatch.test.PostgresServer;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.jdbc.test.autoconfigure.AutoConfigureTestDatabase;
import org.springframework.boot.jdbc.test.autoconfigure.AutoConfigureTestDatabase.Replace;
import org.springframework.boot.jdbc.test.autoconfigure.JdbcTest;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the schema is there in the tests of an application that start only a slice
 * of it.
 */
@JdbcTest(properties = { "spring.liquibase.enabled=false", "spring.flyway.enabled=false" })
@AutoConfigureTestDatabase(replace = Replace.NONE)
class JdbcTestSliceTests {

	@Test
	void installsTheSchema(@Autowired JdbcClient jdbc) {
		jdbc.sql("SELECT pgdispatch.fire('SELECT 1')").query().singleRow();
		assertThat(jdbc.sql("SELECT count(*) FROM pgdispatch.job").query(Integer.class).single()).isOne();
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	static class Application {

		@Bean
		PostgresServer server() {
			return PostgresServer.start("fsync=off");
		}

		@Bean
		DataSource dataSource(PostgresServer server) {
			return server.createDatabase().dataSource("app");
		}

	}

}
