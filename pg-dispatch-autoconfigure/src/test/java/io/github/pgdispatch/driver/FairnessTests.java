package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

import io.github.pgdispatch.test.Attempts;
import io.github.pgdispatch.test.PostgresServer;
import io.github.pgdispatch.test.TestDatabase;
import io.github.pgdispatch.test.TestNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * I6: SQL that dispatches itself again and again does not hold back other SQL.
 */
class FairnessTests {

	private static final int JOBS = 20;

	/**
	 * Its commits take long, as on most disks.
	 */
	private static PostgresServer server;

	private final TestDatabase database = server.createDatabase();

	@BeforeAll
	static void startServer() {
		server = PostgresServer.start("fsync=on", "commit_delay=20000", "commit_siblings=0");
	}

	@AfterAll
	static void stopServer() {
		server.close();
	}

	@ParameterizedTest
	@CsvSource({ "1, 0", "4, 0", "4, 0.02", "4, 0.2" })
	void chainOfJobsDoesNotDelayWhatTheNodeDispatches(int threads, double seconds) throws Exception {
		JdbcClient jdbc = prepare(seconds);
		Duration soon = Duration.ofMillis((threads > 1) ? 700 : 2_000);
		try (TestNode node = TestNode.start(this.database.url(),
				new DriverSettings(threads, Duration.ofHours(1), true))) {
			assertThat(longestDelay(soon, jdbc,
					(command) -> node.transaction().executeWithoutResult((status) -> node.template().fire(command))))
				.isLessThanOrEqualTo(soon);
		}
	}

	@Test
	void chainOfJobsDoesNotDelayWhatOthersDispatch() throws Exception {
		JdbcClient jdbc = prepare(0);
		Duration soon = Duration.ofSeconds(3);
		try (TestNode node = TestNode.start(this.database.url(), new DriverSettings(4, Duration.ofHours(1), true))) {
			assertThat(longestDelay(soon, jdbc,
					(command) -> jdbc.sql("SELECT pgdispatch.fire(?)").param(command).query().singleRow()))
				.isLessThanOrEqualTo(soon);
		}
	}

	/**
	 * Measures the longest delay of jobs beside a chain, again if the machine stalled.
	 */
	private static Duration longestDelay(Duration soon, JdbcClient jdbc, Consumer<String> fire) throws Exception {
		return Attempts.shortest(soon, () -> {
			jdbc.sql("TRUNCATE delay, stopped").update();
			startChain(jdbc);
			for (int i = 0; i < JOBS; i++) {
				Thread.sleep(ThreadLocalRandom.current().nextInt(300));
				fire.accept("SELECT note(timestamptz '" + now(jdbc) + "')");
			}
			awaitDelays(jdbc);
			stopChain(jdbc);
			return Duration
				.ofMillis(jdbc.sql("SELECT (max(seconds) * 1000)::bigint FROM delay").query(Long.class).single());
		});
	}

	private JdbcClient prepare(double seconds) {
		JdbcClient jdbc = this.database.install("app").jdbc("app");
		jdbc.sql("CREATE TABLE delay (seconds double precision)").update();
		jdbc.sql("CREATE TABLE stopped ()").update();
		jdbc.sql("""
				CREATE FUNCTION note(dispatched_at timestamptz) RETURNS void LANGUAGE sql AS $$
				INSERT INTO delay VALUES (extract(epoch FROM clock_timestamp() - dispatched_at))
				$$""").update();
		jdbc.sql("""
				CREATE FUNCTION chain() RETURNS void LANGUAGE plpgsql AS $$
				BEGIN
				    IF NOT EXISTS (SELECT FROM stopped) THEN
				        PERFORM pg_sleep(%s);
				        PERFORM pgdispatch.fire('SELECT public.chain()');
				    END IF;
				END $$""".formatted(seconds)).update();
		return jdbc;
	}

	private static void startChain(JdbcClient jdbc) throws InterruptedException {
		jdbc.sql("SELECT pgdispatch.fire('SELECT public.chain()')").query().singleValue();
		Thread.sleep(1_000);
	}

	private static void stopChain(JdbcClient jdbc) {
		jdbc.sql("INSERT INTO stopped DEFAULT VALUES").update();
		await().until(() -> jdbc.sql("SELECT count(*) FROM pgdispatch.job").query(Integer.class).single() == 0);
	}

	private static String now(JdbcClient jdbc) {
		return jdbc.sql("SELECT clock_timestamp()::text").query(String.class).single();
	}

	private static void awaitDelays(JdbcClient jdbc) {
		await().atMost(Duration.ofSeconds(60))
			.until(() -> jdbc.sql("SELECT count(*) FROM delay").query(Integer.class).single() == JOBS);
	}

}
