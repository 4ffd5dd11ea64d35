package io.github.pgdispatch.driver;

import java.time.Duration;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import io.github.pgdispatch.test.TestNode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * I6: a connection that a firewall has forgotten while SQL runs costs no worker.
 */
@PostgresTest
@Execution(ExecutionMode.CONCURRENT)
class FrozenSessionsTests {

	private static final String RUNNING = """
			FROM pg_stat_activity
			 WHERE datname = current_database()
			   AND state = 'active'
			   AND query LIKE 'CALL pgdispatch.work(%'""";

	private TestDatabase database;

	private JdbcClient jdbc;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.jdbc = database.jdbc("app");
		this.jdbc.sql("CREATE TABLE effect (name text)").update();
	}

	@Test
	void workerGoesOnThoughTheAnswerOfItsJobIsLost() throws Exception {
		try (FreezingProxy proxy = new FreezingProxy(this.database.port()); TestNode node = start(proxy)) {
			try (Session gate = new Session(this.database, "app")) {
				gate.run("BEGIN", "LOCK TABLE effect IN EXCLUSIVE MODE");
				fire("INSERT INTO effect VALUES ('slow')");
				awaitRunning("Lock");
				proxy.freeze();
			}
			fire("INSERT INTO effect VALUES ('next')");
			awaitEffect("next");
			assertThat(count("effect WHERE name = 'slow'")).isOne();
		}
	}

	@Test
	void workerGoesOnThoughItsSessionIsGone() throws Exception {
		try (FreezingProxy proxy = new FreezingProxy(this.database.port()); TestNode node = start(proxy)) {
			fire("INSERT INTO effect VALUES ('begun'); SELECT pg_sleep(CASE WHEN nextval('runs') = 1 THEN 3600 ELSE 0 END)");
			awaitRunning("Timeout");
			// It is known to run.
			Thread.sleep(12_000);
			proxy.freeze();
			this.database.jdbc("postgres").sql("SELECT pg_terminate_backend(pid) " + RUNNING).query().listOfRows();
			awaitEffect("begun");
		}
	}

	@Test
	void slowJobIsLeftAlone() throws Exception {
		try (FreezingProxy proxy = new FreezingProxy(this.database.port()); TestNode node = start(proxy)) {
			fire("SELECT pg_sleep(17); INSERT INTO effect VALUES ('slow')");
			awaitEffect("slow");
			assertThat(count("pgdispatch.dead_letter")).isZero();
			assertThat(count("pgdispatch.job")).isZero();
		}
	}

	private TestNode start(FreezingProxy proxy) {
		this.jdbc.sql("CREATE SEQUENCE runs").update();
		return TestNode.start(new TestDatabase(proxy.port(), this.database.name()), 1);
	}

	private void fire(String command) {
		this.jdbc.sql("SELECT pgdispatch.fire(?)").param(command).query().singleValue();
	}

	private void awaitRunning(String waitsFor) {
		await().until(() -> this.jdbc.sql("SELECT count(*) " + RUNNING + " AND wait_event_type = ?")
			.param(waitsFor)
			.query(Integer.class)
			.single() == 1);
	}

	private void awaitEffect(String name) {
		await().atMost(Duration.ofSeconds(60)).until(() -> count("effect WHERE name = '" + name + "'") == 1);
	}

	private int count(String from) {
		return this.jdbc.sql("SELECT count(*) FROM " + from).query(Integer.class).single();
	}

}
