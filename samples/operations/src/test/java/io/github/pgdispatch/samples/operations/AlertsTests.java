package io.github.pgdispatch.samples.operations;

import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

import org.springframework.test.util.TestSocketUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that each alert fires when it is to, and then only, in a real Prometheus that
 * scrapes a real application. Minutes are seconds here.
 */
@PostgresTest
@TestInstance(Lifecycle.PER_CLASS)
class AlertsTests {

	private final int port = TestSocketUtils.findAvailableTcpPort();

	private final TestDatabase database;

	private PrometheusServer prometheus;

	private WatchedNode node;

	AlertsTests(TestDatabase database) {
		this.database = database;
	}

	@BeforeAll
	void startServers() throws Exception {
		this.prometheus = PrometheusServer.start(this.port);
		this.node = WatchedNode.start(this.database, this.port);
	}

	@AfterAll
	void stopServers() throws Exception {
		if (this.prometheus != null) {
			this.prometheus.close();
		}
		if (this.node != null) {
			this.node.close();
		}
	}

	/**
	 * Without what the rules ask for, no alert would mean nothing. There are no series of
	 * dead letters before there is one.
	 */
	@BeforeEach
	void awaitMetrics() throws Exception {
		List<Query> metrics = Rules.queries()
			.stream()
			.flatMap((rule) -> rule.metrics().stream())
			.filter((metric) -> !metric.startsWith("pgdispatch_dead_letters"))
			.map(Query::new)
			.toList();
		patiently().untilAsserted(() -> assertThat(metrics).isNotEmpty()
			.allSatisfy((metric) -> assertThat(this.prometheus.query(metric)).isNotEmpty()));
	}

	/**
	 * Makes all well again, which ends the alerts.
	 */
	@AfterEach
	void repair() {
		this.node.startWorkers();
		this.node.repairTenant();
		this.node.jdbc()
			.sql("SELECT pgdispatch.resume(), pgdispatch.resume(handler => 'signUp.welcome')")
			.query()
			.listOfRows();
		this.node.jdbc().sql("SELECT pgdispatch.cancel_jobs(name => 'retired.method')").query().listOfRows();
		this.node.jdbc().sql("DELETE FROM pgdispatch.dead_letter").update();
		patiently().untilAsserted(() -> assertThat(this.prometheus.alerts()).isEmpty());
	}

	@Test
	void noneFiresWhileAllIsWell() {
		await().during(Duration.ofSeconds(5))
			.atMost(Duration.ofSeconds(10))
			.untilAsserted(() -> assertThat(firing()).isEmpty());
	}

	@Test
	void oneFiresWhenWorkersStop() {
		this.node.stopWorkers();
		awaitOnly("PgDispatchWorkersStopped", "PgDispatchWorkersStopped");
	}

	@Test
	void oneFiresWhenTheLastNodeIsGone() throws Exception {
		this.node.close();
		try {
			awaitOnly("PgDispatchNodesGone");
		}
		finally {
			this.node = WatchedNode.start(this.database, this.port);
		}
	}

	@Test
	void oneFiresWhenTheQueueStalls() {
		this.node.dispatchToNobody();
		awaitOnly("PgDispatchQueueStalled");
	}

	@Test
	void oneFiresWhenADeadLetterAppears() {
		this.node.dispatchToFail();
		awaitOnly("PgDispatchDeadLetters");
	}

	@Test
	void oneFiresWhenAPauseIsForgotten() {
		this.node.jdbc().sql("SELECT pgdispatch.pause()").query().listOfRows();
		awaitOnly("PgDispatchPauseForgotten");
	}

	@Test
	void oneFiresWhenACircuitBreakerHasTripped() {
		this.node.jdbc().sql("""
				INSERT INTO pgdispatch.breaker (role, handler, queue, failures, tripped_at, probe_at)
				VALUES ('app', 'signUp.welcome', '', 5, now(), now() + interval '1 hour')""").update();
		awaitOnly("PgDispatchBreakerTripped");
	}

	@Test
	void oneFiresWhenASnapshotIsOld() throws Exception {
		try (Connection connection = this.database.dataSource("app").getConnection();
				Statement statement = connection.createStatement()) {
			connection.setAutoCommit(false);
			connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
			statement.execute("SELECT 1");
			for (int i = 0; i < 5; i++) {
				this.node.jdbc().sql("SELECT pg_current_xact_id()").query().listOfRows();
			}
			awaitOnly("PgDispatchOldSnapshot");
		}
	}

	@Test
	void oneFiresWhenTheDatabaseOfATenantCannotBeReached() {
		this.node.failTenant();
		awaitOnly("PgDispatchTenantsInTrouble");
	}

	/**
	 * Others may be pending, but none fires.
	 */
	private void awaitOnly(String... names) {
		patiently().until(() -> firing().size() >= names.length);
		assertThat(firing()).extracting(Alert::name).containsExactly(names);
		assertThat(firing()).extracting(Alert::text)
			.allSatisfy((text) -> assertThat(text).contains("shop").doesNotContain("<"));
	}

	private List<Alert> firing() {
		return this.prometheus.alerts().stream().filter(Alert::fires).toList();
	}

	private static ConditionFactory patiently() {
		return await().atMost(Duration.ofMinutes(1)).pollInterval(Duration.ofMillis(250));
	}

}
