package io.github.pgdispatch.driver;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.pgdispatch.test.PostgresServer;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import io.github.pgdispatch.test.TestNode;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * I6: a slow or failing job does not hold back other jobs.
 */
@Tag("every-postgresql")
@PostgresTest
class NeverStuckTests {

	/**
	 * Hangs until the test opens the gate.
	 */
	private static final String HANG = "SELECT pg_advisory_xact_lock_shared(42); INSERT INTO effect VALUES ('hung')";

	private TestDatabase database;

	private JdbcClient jdbc;

	@BeforeEach
	void install(TestDatabase database) {
		prepare(database);
	}

	private void prepare(TestDatabase database) {
		this.database = database.install("app");
		this.jdbc = database.jdbcOfOneSession("app");
		this.jdbc.sql("CREATE TABLE effect (name text)").update();
	}

	@Test
	void asManySlowJobsRunAtOnceAsThereAreThreads() throws SQLException {
		try (TestNode node = TestNode.start(this.database, 32)) {
			try (Connection gate = closeGate()) {
				fire(node, HANG, 32);
				awaitHanging(32);
			}
			awaitEffects("hung", 32);
		}
	}

	@Test
	void hangingJobDoesNotHoldBackTheFinishedOnesOfItsChunk() throws SQLException {
		try (TestNode node = TestNode.start(this.database, 1); Connection gate = closeGate()) {
			node.transaction().executeWithoutResult((status) -> {
				fire(node, "INSERT INTO effect VALUES ('quick')", 200);
				node.template().fire(HANG);
				fire(node, "INSERT INTO effect VALUES ('later')", 10);
			});
			awaitEffects("quick", 200);
			awaitHanging(1);
			gate.close();
			awaitEffects("later", 10);
			awaitEffects("hung", 1);
			assertThat(count("pgdispatch.dead_letter")).isZero();
		}
	}

	@Test
	void hangingJobKeepsOneThreadOnly() throws SQLException {
		try (TestNode node = TestNode.start(this.database, 2); Connection gate = closeGate()) {
			node.transaction().executeWithoutResult((status) -> {
				node.template().fire(HANG);
				fire(node, "INSERT INTO effect VALUES ('quick')", 200);
			});
			awaitEffects("quick", 200);
			awaitHanging(1);
		}
	}

	@Test
	void jobsOfTheChunkOfAHangingJobAreTakenOverByAnotherWorker() throws SQLException {
		try (TestNode node = TestNode.start(this.database.url(), new DriverSettings(2, Duration.ofHours(1), false));
				Connection gate = closeGate()) {
			// One worker is woken. It runs 'first' alone and the other two in a chunk.
			node.transaction().executeWithoutResult((status) -> {
				for (String command : List.of("INSERT INTO effect VALUES ('first')", HANG,
						"INSERT INTO effect VALUES ('quick')")) {
					node.jdbc().sql("SELECT pgdispatch.dispatch(?, '0', false)").param(command).query((row) -> {
					});
				}
			});
			node.driver().committed(1, 0);
			awaitHanging(1);
			awaitEffects("quick", 1);
		}
	}

	@Test
	void jobThatKillsItsBackendBecomesADeadLetterAndItsNeighboursDoNot() {
		try (TestNode node = TestNode.start(this.database, 2)) {
			node.transaction().executeWithoutResult((status) -> {
				fire(node, "INSERT INTO effect VALUES ('quick')", 100);
				node.template().fire("SELECT pg_terminate_backend(pg_backend_pid())");
				fire(node, "INSERT INTO effect VALUES ('quick')", 100);
			});
			awaitEffects("quick", 200);
			await().until(() -> count("pgdispatch.dead_letter") == 1);
		}
		assertThat(this.jdbc.sql("SELECT sqlstate || ' ' || crashes FROM pgdispatch.dead_letter")
			.query(String.class)
			.single()).isEqualTo("58000 5");
		awaitEffects("quick", 200);
	}

	@Test
	void stopWaitsForTheRunningJobAndTakesNoOther() throws Exception {
		CountDownLatch stopped = new CountDownLatch(1);
		try (TestNode node = TestNode.start(this.database, 1)) {
			try (Connection gate = closeGate()) {
				node.transaction().executeWithoutResult((status) -> {
					node.template().fire(HANG);
					node.template().fire("INSERT INTO effect VALUES ('next')");
				});
				awaitHanging(1);
				node.driver().stop(stopped::countDown);
				assertThat(stopped.getCount()).isOne();
			}
			stopped.await();
			assertThat(count("effect")).isOne();
			assertThat(count("pgdispatch.job")).isOne();
			node.driver().start();
			awaitEffects("next", 1);
		}
	}

	@Test
	void goesOnWhenTheDatabaseIsBack() {
		try (PostgresServer server = PostgresServer.start("fsync=on")) {
			prepare(server.createDatabase());
			try (TestNode node = TestNode.start(this.database, 2)) {
				fire(node, "INSERT INTO effect VALUES ('before')", 10);
				awaitEffects("before", 10);
				server.stop();
				server.startAgain();
				await().ignoreExceptions().until(() -> {
					fire(node, "INSERT INTO effect VALUES ('after')", 1);
					return true;
				});
				try {
					awaitEffects("after", 1);
				}
				catch (ConditionTimeoutException ex) {
					throw new AssertionError(describe(node), ex);
				}
			}
		}
	}

	/**
	 * Tells why a job waits: what the driver, its threads and its sessions do.
	 */
	private String describe(TestNode node) {
		String threads = Thread.getAllStackTraces()
			.entrySet()
			.stream()
			.filter((thread) -> thread.getKey().getName().startsWith("pg-dispatch-"))
			.map((thread) -> thread.getKey().getName()
					+ Stream.of(thread.getValue()).map((frame) -> "\n\tat " + frame).collect(Collectors.joining()))
			.collect(Collectors.joining("\n"));
		return "%s\n%s\n%s\n%s".formatted(node.driver().state(),
				this.jdbc.sql("SELECT * FROM pgdispatch.job").query().listOfRows(), this.jdbc.sql("""
						SELECT pid, application_name, backend_start, xact_start, state, wait_event, query
						  FROM pg_stat_activity
						 WHERE datname = current_database()""").query().listOfRows(), threads);
	}

	private Connection closeGate() throws SQLException {
		Connection gate = this.database.dataSource("app").getConnection();
		try (Statement statement = gate.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(42)");
		}
		return gate;
	}

	private static void fire(TestNode node, String command, int times) {
		node.transaction().executeWithoutResult((status) -> {
			for (int i = 0; i < times; i++) {
				node.template().fire(command);
			}
		});
	}

	private void awaitHanging(int jobs) {
		await().until(() -> this.jdbc.sql("""
				SELECT count(*) FROM pg_locks
				 WHERE locktype = 'advisory' AND objid = 42 AND NOT granted
				   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())""")
			.query(Integer.class)
			.single(), (hanging) -> hanging == jobs);
	}

	private void awaitEffects(String name, int number) {
		await().atMost(Duration.ofSeconds(60))
			.untilAsserted(() -> assertThat(count("effect WHERE name = '" + name + "'")).isEqualTo(number));
	}

	private int count(String what) {
		return this.jdbc.sql("SELECT count(*) FROM " + what).query(Integer.class).single();
	}

}
