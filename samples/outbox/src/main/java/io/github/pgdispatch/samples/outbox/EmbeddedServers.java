package io.github.pgdispatch.samples.outbox;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.SpringApplication;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.kafka.test.EmbeddedKafkaKraftBroker;

/**
 * Starts a PostgreSQL server and a Kafka broker for those who have not named theirs. They
 * end after the application. An application of your own has no need of this.
 */
final class EmbeddedServers implements ApplicationContextInitializer<ConfigurableApplicationContext> {

	private static final int PARTITIONS = 3;

	private @Nullable EmbeddedKafkaKraftBroker broker;

	@Override
	public void initialize(ConfigurableApplicationContext context) {
		ConfigurableEnvironment environment = context.getEnvironment();
		Map<String, Object> properties = new HashMap<>();
		if (!environment.containsProperty("spring.datasource.url")) {
			properties.put("spring.datasource.url", startPostgres());
		}
		if (!environment.containsProperty("spring.kafka.bootstrap-servers")) {
			properties.put("spring.kafka.bootstrap-servers", startKafka());
		}
		environment.getPropertySources().addLast(new MapPropertySource("embedded servers", properties));
	}

	private static String startPostgres() {
		try {
			EmbeddedPostgres server = EmbeddedPostgres.builder().setRegisterShutdownHook(false).start();
			SpringApplication.getShutdownHandlers().add(() -> close(server));
			return server.getJdbcUrl("postgres", "postgres");
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void close(Closeable server) {
		try {
			server.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private String startKafka() {
		EmbeddedKafkaKraftBroker started = new EmbeddedKafkaKraftBroker(1, PARTITIONS, "orders");
		started.afterPropertiesSet();
		SpringApplication.getShutdownHandlers().add(started::destroy);
		this.broker = started;
		return started.getBrokersAsString();
	}

	/**
	 * Stops the broker, which keeps what it has.
	 */
	void stopKafka() {
		if (this.broker != null) {
			this.broker.getCluster().brokers().values().forEach((server) -> server.shutdown());
		}
	}

	void startKafkaAgain() {
		if (this.broker != null) {
			this.broker.getCluster().brokers().values().forEach((server) -> server.startup());
		}
	}

}
