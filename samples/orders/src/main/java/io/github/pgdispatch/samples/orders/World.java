package io.github.pgdispatch.samples.orders;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;

/**
 * What is around the application, and goes on when it is killed: a PostgreSQL server for
 * those who have not named theirs, the payment provider, and somebody who starts the
 * application again, as Kubernetes does.
 */
final class World {

	private static final Logger logger = LoggerFactory.getLogger(World.class);

	private static final Duration TIME = Duration.ofSeconds(3);

	private final List<String> arguments;

	private final @Nullable EmbeddedPostgres server;

	private volatile Node node;

	private World(List<String> arguments, @Nullable EmbeddedPostgres server) throws IOException {
		this.arguments = arguments;
		this.server = server;
		this.node = start();
	}

	public static void main(String[] arguments) throws Exception {
		LoggingSystem logging = LoggingSystem.get(World.class.getClassLoader());
		logging.setLogLevel(LoggingSystem.ROOT_LOGGER_NAME, LogLevel.WARN);
		logging.setLogLevel(World.class.getPackageName(), LogLevel.INFO);
		List<String> all = new ArrayList<>(List.of(arguments));
		try (PaymentProvider provider = PaymentProvider.start(TIME)) {
			all.add("--orders.payments.url=" + provider.url());
			EmbeddedPostgres server = null;
			if (System.getenv("SPRING_DATASOURCE_URL") == null) {
				server = EmbeddedPostgres.builder().setRegisterShutdownHook(false).start();
				all.add("--spring.datasource.url=" + server.getJdbcUrl("postgres", "postgres"));
			}
			World world = new World(all, server);
			Runtime.getRuntime().addShutdownHook(new Thread(world::end));
			world.goOn();
		}
	}

	private Node start() throws IOException {
		return Node.start(System.getProperty("java.class.path"), this.arguments, Redirect.INHERIT);
	}

	private void goOn() throws IOException, InterruptedException {
		while (this.node.awaitDeath()) {
			logger.info("The node was killed, and is started again");
			this.node = start();
		}
	}

	/**
	 * Stops the database after the application.
	 */
	private void end() {
		try {
			this.node.stop();
			if (this.server != null) {
				this.server.close();
			}
		}
		catch (IOException | InterruptedException ex) {
			logger.warn("The node or the PostgreSQL server did not stop", ex);
		}
	}

}
