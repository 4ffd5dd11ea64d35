package com.example.quickstart;

import java.io.IOException;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;

import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;

@TestConfiguration(proxyBeanMethods = false)
class EmbeddedPostgresConfiguration {

	@Bean
	EmbeddedPostgres embeddedPostgres() throws IOException {
		// With a shutdown hook of its own it would not wait for the connection pools.
		return EmbeddedPostgres.builder().setRegisterShutdownHook(false).start();
	}

	@Bean
	JdbcConnectionDetails connectionDetails(EmbeddedPostgres server) {
		return new ConnectionDetails(server.getPort());
	}

	record ConnectionDetails(int port) implements JdbcConnectionDetails {

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

}
