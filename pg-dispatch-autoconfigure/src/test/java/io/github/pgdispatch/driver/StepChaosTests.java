package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.List;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.JvmProcess;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Nodes are killed and frozen in the middle of a step. A transactional step has its
 * effects exactly once, and another one at least once. Another node goes on behind the
 * steps that are done.
 */
@PostgresTest
class StepChaosTests {

	private static final String[] SHORT_LEASE = { "pgdispatch.worker.lease=2s",
			"pgdispatch.worker.poll-interval=200ms" };

	private TestDatabase database;

	private JdbcClient jdbc;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.jdbc = database.jdbc("app");
		this.jdbc.sql("CREATE TABLE begun (what text, node text)").update();
		this.jdbc.sql("CREATE TABLE effect (number serial, what text, node text)").update();
		this.jdbc.sql("CREATE TABLE gate (node text)").update();
	}

	@Test
	void nodeIsKilledBetweenTheEffectsAndTheEndOfATransactionalStep() {
		try (JvmProcess killed = startJvm("killed")) {
			dispatch("transactional");
			awaitBegun("transactional", "killed");
			killed.kill();
			try (HandlerNode other = start("other")) {
				openGate("other");
				awaitNoJob();
			}
		}
		assertThat(effects()).containsExactly("first by killed", "transactional by other", "last by other");
		assertNothingLeft();
	}

	@Test
	void nodeIsKilledBetweenTheEffectsAndTheEndOfAStep() {
		try (JvmProcess killed = startJvm("killed")) {
			dispatch("plain");
			awaitBegun("plain", "killed");
			killed.kill();
			try (HandlerNode other = start("other")) {
				openGate("other");
				awaitNoJob();
			}
		}
		assertThat(effects()).containsExactly("first by killed", "plain by killed", "plain by other", "last by other");
		assertNothingLeft();
	}

	@Test
	void frozenNodeNeitherDoublesATransactionalStepNorKeepsOne() {
		try (JvmProcess frozen = startJvm("frozen")) {
			dispatch("transactional");
			dispatch("plain");
			awaitBegun("transactional", "frozen");
			awaitBegun("plain", "frozen");
			frozen.freeze();
			try (HandlerNode other = start("other")) {
				awaitBegun("transactional", "other");
				awaitBegun("plain", "other");
				openGate("frozen");
				frozen.thaw();
				await().until(() -> frozen.log()
					.stream()
					.filter((line) -> line.contains("no longer has the claim"))
					.count() == 2);
				assertThat(this.jdbc.sql("SELECT name FROM pgdispatch.step ORDER BY name").query(String.class).list())
					.containsExactly("first", "first");
				openGate("other");
				awaitNoJob();
			}
		}
		assertThat(effects()).containsOnlyOnce("transactional by other")
			.doesNotContain("transactional by frozen", "last by frozen")
			.contains("plain by frozen", "plain by other");
		assertNothingLeft();
	}

	private JvmProcess startJvm(String name) {
		JvmProcess node = HandlerNode.startJvm(this.database, name, Methods.class, SHORT_LEASE);
		await().atMost(Duration.ofSeconds(60)).until(() -> HandlerNode.hasStarted(node));
		return node;
	}

	private HandlerNode start(String name) {
		return HandlerNode.start(this.database, Methods.class, "node.name=" + name, SHORT_LEASE[0], SHORT_LEASE[1]);
	}

	private void dispatch(String handler) {
		this.jdbc.sql("SELECT pgdispatch.dispatch_handler(?)").param(handler).query().singleValue();
	}

	private void awaitBegun(String what, String node) {
		await().until(() -> this.jdbc.sql("SELECT count(*) FROM begun WHERE what = ? AND node = ?")
			.params(what, node)
			.query(Integer.class)
			.single() == 1);
	}

	private void openGate(String node) {
		this.jdbc.sql("INSERT INTO gate VALUES (?)").param(node).update();
	}

	private void awaitNoJob() {
		await().until(
				() -> this.jdbc.sql("SELECT count(*) FROM pgdispatch.handler_job").query(Integer.class).single() == 0);
	}

	private List<String> effects() {
		return this.jdbc.sql("SELECT what || ' by ' || node FROM effect ORDER BY number").query(String.class).list();
	}

	private void assertNothingLeft() {
		assertThat(this.jdbc.sql("""
				SELECT (SELECT count(*) FROM pgdispatch.step) + (SELECT count(*) FROM pgdispatch.managed_job)
				     + (SELECT count(*) FROM pgdispatch.dead_letter)""").query(Integer.class).single()).isZero();
	}

	static class Methods {

		private final JdbcClient jdbc;

		private final TransactionTemplate apart;

		private final String node;

		Methods(JdbcClient jdbc, PlatformTransactionManager transactionManager, @Value("${node.name}") String node) {
			this.jdbc = jdbc;
			this.apart = new TransactionTemplate(transactionManager);
			this.apart.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
			this.node = node;
		}

		@AfterCommitDispatch(name = "transactional")
		void transactional(DispatchContext context) {
			context.step("first", () -> effect("first"));
			context.transactionalStep("held", () -> {
				effect("transactional");
				hold("transactional");
			});
			context.step("last", () -> effect("last"));
		}

		@AfterCommitDispatch(name = "plain")
		void plain(DispatchContext context) {
			context.step("first", () -> effect("first"));
			context.step("held", () -> {
				effect("plain");
				hold("plain");
			});
			context.step("last", () -> effect("last"));
		}

		private void effect(String what) {
			this.jdbc.sql("INSERT INTO effect (what, node) VALUES (?, ?)").params(what, this.node).update();
		}

		/**
		 * Records at once that the effects are there, and waits for the test.
		 */
		private void hold(String what) {
			this.apart.executeWithoutResult(
					(status) -> this.jdbc.sql("INSERT INTO begun VALUES (?, ?)").params(what, this.node).update());
			await().atMost(Duration.ofSeconds(120))
				.until(() -> this.jdbc.sql("SELECT count(*) FROM gate WHERE node = ?")
					.param(this.node)
					.query(Integer.class)
					.single() > 0);
		}

	}

}
