package io.github.pgdispatch.driver;

import java.util.List;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchStatus;
import io.github.pgdispatch.event.CircuitBreakerEvent;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A method whose server is gone spends few attempts, and goes on by itself when the
 * server is back.
 */
@PostgresTest
@ExtendWith(OutputCaptureExtension.class)
class CircuitBreakerOfMethodsTests {

	private static final int JOBS = 300;

	private TestDatabase database;

	private JdbcClient jdbc;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.jdbc = database.jdbc("app");
		this.jdbc.sql("CREATE TABLE effect (job integer)").update();
		this.jdbc.sql("CREATE TABLE server (port integer)").update();
	}

	@ParameterizedTest
	@ValueSource(strings = { "plain", "transactional" })
	void spendsNoMoreAttemptsThanRunAtOnceAndThoseOfProbes(String handler, CapturedOutput output) {
		dispatch(handler);
		try (HandlerNode one = node(); HandlerNode other = node()) {
			await().until(() -> tripped(one).equals(List.of(handler)));
			assertThat(await().until(this::failures, (failures) -> failures >= 6)).isLessThan(20);
			this.jdbc.sql("INSERT INTO server VALUES (1)").update();
			await().until(() -> count("pgdispatch.handler_job") == 0);
			assertThat(count("effect")).isEqualTo(JOBS - (int) failures());
			assertThat(tripped(one)).isEmpty();
			await().untilAsserted(() -> assertThat(events(one, other)).containsExactlyInAnyOrder(
					new CircuitBreakerEvent(handler, null, true, 4), new CircuitBreakerEvent(handler, null, false, 0)));
		}
		assertThat(output).contains("The circuit breaker of the handler '" + handler
				+ "' tripped. Failed attempts in a row: 4. Its jobs wait for a probe to succeed");
	}

	@Test
	void workersOfSqlTellOfTheBreakerOfAQueue() {
		this.jdbc.sql("SELECT pgdispatch.set_queue('q', concurrency => 1, break_after => 2, break_for => '3 seconds')")
			.query()
			.singleRow();
		this.jdbc.sql("""
				SELECT pgdispatch.dispatch('INSERT INTO effect SELECT 1 / count(*) FROM server', queue => 'q')
				  FROM generate_series(1, 10)""").query().listOfRows();
		try (HandlerNode node = node()) {
			await().until(() -> !events(node).isEmpty());
			assertThat(count("pgdispatch.dead_letter")).isBetween(2L, 4L);
			this.jdbc.sql("INSERT INTO server VALUES (1)").update();
			await().until(() -> count("pgdispatch.job") == 0);
			await().untilAsserted(() -> assertThat(events(node)).containsExactly(
					new CircuitBreakerEvent(null, "q", true, 2), new CircuitBreakerEvent(null, "q", false, 0)));
		}
		assertThat(count("effect")).isGreaterThanOrEqualTo(6);
	}

	private HandlerNode node() {
		return HandlerNode.start(this.database, Application.class, "pgdispatch.worker.concurrency=4",
				"pgdispatch.worker.poll-interval=500ms");
	}

	private void dispatch(String handler) {
		this.jdbc.sql("SELECT pgdispatch.dispatch_handler(:handler) FROM generate_series(1, " + JOBS + ")")
			.param("handler", handler)
			.query()
			.listOfRows();
	}

	private static List<String> tripped(HandlerNode node) {
		return node.bean(PgDispatchOperations.class)
			.status()
			.breakers()
			.stream()
			.map(PgDispatchStatus.Breaker::handler)
			.toList();
	}

	private static List<CircuitBreakerEvent> events(HandlerNode... nodes) {
		return List.of(nodes)
			.stream()
			.flatMap((node) -> node.bean(RecordingListener.class).told(CircuitBreakerEvent.class).stream())
			.toList();
	}

	private long failures() {
		return count("pgdispatch.dead_letter");
	}

	private long count(String rows) {
		return this.jdbc.sql("SELECT count(*) FROM " + rows).query(Long.class).single();
	}

	@Configuration(proxyBeanMethods = false)
	static class Application {

		@Bean
		Methods methods(JdbcClient jdbc) {
			return new Methods(jdbc);
		}

		@Bean
		RecordingListener recordingListener() {
			return new RecordingListener();
		}

	}

	static class Methods {

		private final JdbcClient jdbc;

		Methods(JdbcClient jdbc) {
			this.jdbc = jdbc;
		}

		@AfterCommitDispatch(name = "plain", breakAfter = 4, breakFor = "200ms")
		void plain() {
			work();
		}

		@Transactional
		@AfterCommitDispatch(name = "transactional", breakAfter = 4, breakFor = "200ms")
		void transactional() {
			work();
		}

		private void work() {
			if (this.jdbc.sql("SELECT count(*) FROM server").query(Long.class).single() == 0) {
				throw new IllegalStateException("The server is gone");
			}
			this.jdbc.sql("INSERT INTO effect VALUES (1)").update();
		}

	}

}
