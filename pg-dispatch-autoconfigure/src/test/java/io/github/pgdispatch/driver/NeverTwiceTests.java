package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.pgdispatch.test.JvmProcess;
import io.github.pgdispatch.test.PostgresServer;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import io.github.pgdispatch.test.TestNode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * I1, I2 and I3: whatever is killed meanwhile, every committed dispatch has its effect
 * exactly once, and no other dispatch has an effect.
 */
@Tag("every-postgresql")
@PostgresTest
class NeverTwiceTests {

	private static final int DISPATCHES = 5_000;

	private static final int CLIENTS = 8;

	@Test
	void whileBackendsOfWorkersAreKilled(TestDatabase database) throws Exception {
		prepare(database);
		try (TestNode node = TestNode.start(database, 4)) {
			// The pool finds out what its driver supports before its connections are
			// killed.
			dispatchOne(node, DISPATCHES + 1, "INSERT INTO effect VALUES (:number)");
			awaitDrained(database);
			try (Killer killer = new Killer(database)) {
				dispatch(node);
				awaitDrained(database);
				assertThat(killer.killed()).isPositive();
			}
		}
		assertExactlyOnce(database);
	}

	@Test
	void whileAJvmIsKilledAndAnotherGoesOn(TestDatabase database) throws Exception {
		prepare(database);
		int slowly = 3_000;
		try (TestNode client = TestNode.start(database, 1)) {
			client.driver().stop();
			// So slow that the first JVM cannot complete them before it is killed.
			dispatch(client, slowly, "SELECT pg_sleep(0.002); INSERT INTO effect VALUES (:number)");
		}
		try (JvmProcess first = JvmProcess.start(TestNode.class, database.url(), "4")) {
			await().until(() -> count(database, "effect") > 100);
			try (JvmProcess second = JvmProcess.start(TestNode.class, database.url(), "4")) {
				first.kill();
				int left = count(database, "pgdispatch.job");
				assertThat(left).isPositive();
				awaitDrained(database);
			}
		}
		assertExactlyOnce(database);
	}

	@Test
	void whileTheServerCrashes() throws Exception {
		try (PostgresServer server = PostgresServer.start("fsync=on")) {
			TestDatabase database = server.createDatabase();
			prepare(database);
			try (TestNode node = TestNode.start(database, 4)) {
				dispatch(node, 2_000, "SELECT pg_sleep(0.002); INSERT INTO effect VALUES (:number)");
				// PostgreSQL ends all sessions and recovers when one backend is killed
				// hard.
				int backend = database.jdbc("postgres")
					.sql("SELECT pid FROM pg_stat_activity WHERE application_name = ? LIMIT 1")
					.param(TestNode.WORKER)
					.query(Integer.class)
					.single();
				ProcessHandle.of(backend).orElseThrow().destroyForcibly();
				awaitDrained(database);
			}
			assertExactlyOnce(database);
		}
	}

	private static void prepare(TestDatabase database) {
		database.install("app");
		JdbcClient jdbc = database.jdbc("app");
		jdbc.sql("CREATE TABLE business (number integer)").update();
		jdbc.sql("CREATE TABLE effect (number integer)").update();
	}

	private static void dispatch(TestNode node) throws Exception {
		dispatch(node, DISPATCHES, "INSERT INTO effect VALUES (:number)");
	}

	/**
	 * Dispatches from several threads. A third of the transactions is rolled back.
	 */
	private static void dispatch(TestNode node, int dispatches, String command) throws Exception {
		AtomicInteger numbers = new AtomicInteger();
		ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
		try {
			List<Future<?>> results = new ArrayList<>();
			for (int i = 0; i < CLIENTS; i++) {
				results.add(clients.submit(() -> {
					int number;
					while ((number = numbers.getAndIncrement()) < dispatches) {
						dispatchOne(node, number, command);
					}
				}));
			}
			for (Future<?> result : results) {
				result.get();
			}
		}
		finally {
			clients.shutdown();
		}
	}

	private static void dispatchOne(TestNode node, int number, String command) {
		node.transaction().executeWithoutResult((status) -> {
			node.jdbc().sql("INSERT INTO business VALUES (?)").param(number).update();
			node.template().fire(command, Map.of("number", number));
			if (number % 3 == 0) {
				status.setRollbackOnly();
			}
		});
	}

	private static int count(TestDatabase database, String table) {
		return database.jdbc("app").sql("SELECT count(*) FROM " + table).query(Integer.class).single();
	}

	private static void awaitDrained(TestDatabase database) {
		await().atMost(Duration.ofMinutes(2))
			.pollInterval(Duration.ofMillis(500))
			.ignoreExceptions()
			.until(() -> count(database, "pgdispatch.job") == 0);
	}

	private static void assertExactlyOnce(TestDatabase database) {
		assertThat(database.jdbc("app")
			.sql("SELECT message || ': ' || command FROM pgdispatch.dead_letter")
			.query(String.class)
			.list()).isEmpty();
		assertThat(count(database, "business")).isPositive();
		assertThat(database.jdbc("app").sql("""
				SELECT coalesce(business.number, effect.number) || ' ' || count(effect.number)
				  FROM business FULL JOIN effect ON effect.number = business.number
				 GROUP BY business.number, effect.number
				HAVING business.number IS NULL OR count(effect.number) <> 1""").query(String.class).list()).isEmpty();
	}

	/**
	 * Kills the backends of all workers every 100 ms, if they have completed some jobs
	 * since: on a slow machine they would not get to any otherwise. While a job has lost
	 * four sessions, it waits, as on a slow machine it could hit the same job each time:
	 * a job that has lost five sessions becomes a dead letter.
	 */
	private static final class Killer implements AutoCloseable {

		private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();

		private final SingleConnectionDataSource dataSource;

		private final JdbcClient jdbc;

		private final AtomicInteger killed = new AtomicInteger();

		private int effects;

		Killer(TestDatabase database) {
			this.dataSource = new SingleConnectionDataSource(database.url(), "postgres", "", true);
			this.jdbc = JdbcClient.create(this.dataSource);
			this.executor.scheduleWithFixedDelay(() -> kill(database), 0, 100, TimeUnit.MILLISECONDS);
		}

		private void kill(TestDatabase database) {
			int effects = this.jdbc.sql("SELECT count(*) FROM effect").query(Integer.class).single();
			if (effects < this.effects + 20) {
				return;
			}
			this.effects = effects;
			this.killed.addAndGet(this.jdbc.sql("""
					SELECT count(pg_terminate_backend(pid))
					  FROM pg_stat_activity
					 WHERE application_name = ? AND datname = ?
					   AND NOT EXISTS (SELECT FROM pgdispatch.job WHERE crashes >= 4)""")
				.params(TestNode.WORKER, database.name())
				.query(Integer.class)
				.single());
		}

		int killed() {
			return this.killed.get();
		}

		@Override
		public void close() {
			this.executor.shutdownNow();
			this.dataSource.destroy();
		}

	}

}
