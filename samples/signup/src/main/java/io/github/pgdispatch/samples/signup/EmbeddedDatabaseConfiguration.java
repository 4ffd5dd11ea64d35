package io.github.pgdispatch.samples.signup;

import java.io.IOException;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.NoneNestedConditions;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

/**
 * Starts a PostgreSQL server for those who have not named theirs. An application of your
 * own has no need of this.
 */
@Configuration(proxyBeanMethods = false)
@Conditional(EmbeddedDatabaseConfiguration.NoUrl.class)
class EmbeddedDatabaseConfiguration {

	private static final Logger logger = LoggerFactory.getLogger(EmbeddedDatabaseConfiguration.class);

	@Bean
	EmbeddedPostgres embeddedPostgres() throws IOException {
		// With a shutdown hook of its own it would not wait for the connection pools.
		EmbeddedPostgres server = EmbeddedPostgres.builder().setRegisterShutdownHook(false).start();
		logger.info("No spring.datasource.url: started a PostgreSQL on port {} that ends with the application",
				server.getPort());
		return server;
	}

	@Bean
	JdbcConnectionDetails embeddedConnectionDetails(EmbeddedPostgres server) {
		return new EmbeddedConnectionDetails(server.getPort());
	}

	private record EmbeddedConnectionDetails(int port) implements JdbcConnectionDetails {

		@Override
		public String getJdbcUrl() {
			return "jdbc:postgresql://localhost:" + this.port + "/postgres";
		}

		@Override
		public String getUsername() {
			return "postgres";
		}

		@Override
		public String getPassword() {
			return "";
		}

	}

	static class NoUrl extends NoneNestedConditions {

		NoUrl() {
			super(ConfigurationPhase.PARSE_CONFIGURATION);
		}

		@ConditionalOnProperty("spring.datasource.url")
		static class Url {

		}

	}

}
