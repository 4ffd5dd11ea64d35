package io.github.pgdispatch.samples.benchmark.scenario;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcTemplate;

import static org.awaitility.Awaitility.await;

/**
 * A JVM that sends events to a broker, which is a table. It publishes events when it is
 * told to, and ends when its input has ended and no event is left.
 *
 * @param process in which it runs
 */
record EventNode(Process process) implements AutoCloseable {

	private static final int CLIENTS = 8;

	private static final int CONNECTIONS = 16;

	/**
	 * Starts one.
	 * @param recovery what it takes part in
	 * @param database that has the table {@code sent}
	 * @param events how many it is to publish when it is told to
	 */
	static EventNode start(Recovery recovery, TestDatabase database, int events) throws IOException {
		Process process = StartedJvm.start(EventNode.class, recovery.name(), Integer.toString(database.port()),
				database.name(), Integer.toString(events));
		StartedJvm.awaitStarted(process);
		return new EventNode(process);
	}

	/**
	 * Tells it to publish events.
	 */
	void publish() throws IOException {
		this.process.getOutputStream().write(1);
		this.process.getOutputStream().flush();
	}

	/**
	 * Kills it as {@code kill -9} does.
	 */
	void kill() throws InterruptedException {
		this.process.destroyForcibly().waitFor();
	}

	/**
	 * Waits until it has sent all events.
	 */
	void end() throws IOException, InterruptedException {
		this.process.getOutputStream().close();
		this.process.waitFor();
	}

	@Override
	public void close() {
		this.process.destroyForcibly();
	}

	/**
	 * Runs it.
	 * @param arguments the name of what it takes part in, the port and the name of the
	 * database, and how many events
	 */
	public static void main(String[] arguments) throws Exception {
		TestDatabase database = new TestDatabase(Integer.parseInt(arguments[1]), arguments[2]);
		try (HikariDataSource broker = broker(database)) {
			// A pool of its own, so that no transaction of the sender's is in the way.
			JdbcTemplate sent = new JdbcTemplate(broker);
			try (Arena arena = new Arena(database, Recovery.valueOf(arguments[0]).contender(),
					(jdbc, number) -> sent.update("INSERT INTO sent (number) VALUES (?)", number))) {
				arena.application().start();
				StartedJvm.sayStarted();
				while (System.in.read() != -1) {
					publish(arena, Integer.parseInt(arguments[3]));
				}
				await("the last event").atMost(Duration.ofMinutes(1)).until(() -> arena.application().waiting() == 0);
			}
		}
	}

	private static HikariDataSource broker(TestDatabase database) {
		HikariDataSource broker = new HikariDataSource();
		broker.setJdbcUrl(database.url());
		broker.setUsername("app");
		broker.setMaximumPoolSize(CONNECTIONS);
		return broker;
	}

	private static void publish(Arena arena, int events) throws InterruptedException {
		AtomicInteger numbers = new AtomicInteger();
		ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
		for (int i = 0; i < events; i++) {
			clients.execute(() -> arena.dispatch(numbers.incrementAndGet()));
		}
		clients.shutdown();
		clients.awaitTermination(1, TimeUnit.MINUTES);
	}

}
