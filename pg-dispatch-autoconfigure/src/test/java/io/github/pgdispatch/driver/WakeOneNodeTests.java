package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that a dispatch from elsewhere wakes one of several idle nodes, and that another
 * one runs the job if that one cannot. Nodes do not poll.
 */
@PostgresTest
class WakeOneNodeTests {

	private TestDatabase database;

	private JdbcClient jdbc;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.jdbc = database.jdbcOfOneSession("app");
		this.jdbc.sql("CREATE TABLE effect (name text)").update();
	}

	private static HandlerNode start(TestDatabase database, String name, Class<?> bean, String... properties) {
		List<String> all = new ArrayList<>(
				List.of("pgdispatch.worker.poll-interval=1h", "spring.datasource.hikari.minimum-idle=0",
						"spring.datasource.hikari.data-source-properties.ApplicationName=" + name));
		all.addAll(List.of(properties));
		return HandlerNode.start(database, bean, all.toArray(String[]::new));
	}

	private HandlerNode start(String name, Class<?> bean, String... properties) {
		return start(this.database, name, bean, properties);
	}

	/**
	 * The server counts the calls of a session when it ends.
	 */
	@Test
	void oneOfFourNodesLooksAtTheQueue() {
		this.database.jdbc("postgres")
			.sql("ALTER DATABASE " + this.database.name() + " SET track_functions = 'pl'")
			.update();
		int jobs = 25;
		List<HandlerNode> nodes = new ArrayList<>();
		try {
			for (int i = 0; i < 4; i++) {
				nodes.add(start("node-" + i, Methods.class));
			}
			awaitRest("node-0");
			for (int i = 1; i <= jobs; i++) {
				fire("INSERT INTO public.effect VALUES ('sql')");
				dispatch("method");
				int done = i;
				soon().until(() -> count("sql") == done && count("method") == done);
			}
		}
		finally {
			nodes.forEach(HandlerNode::close);
		}
		for (String function : List.of("poll_queue", "poll_handlers")) {
			soon().until(() -> calls(function) >= jobs);
			assertThat(calls(function)).as(function).isLessThan(3 * jobs);
		}
	}

	private int calls(String function) {
		return this.jdbc.sql("SELECT coalesce(sum(calls), 0) FROM pg_stat_user_functions WHERE funcname = ?")
			.param(function)
			.query(Integer.class)
			.single();
	}

	@Test
	void anotherNodeLooksIfTheOneThatWasWokenIsDead() throws Exception {
		try (FreezingProxy network = new FreezingProxy(this.database.port());
				HandlerNode woken = start(new TestDatabase(network.port(), this.database.name()), "woken",
						Methods.class)) {
			awaitRest("woken");
			try (HandlerNode other = start("other", Methods.class)) {
				awaitLooks("other");
				network.freeze();
				fire("INSERT INTO public.effect VALUES ('sql')");
				dispatch("method");
				this.database.jdbc("postgres")
					.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE starts_with(application_name, 'woken')")
					.query()
					.listOfRows();
				soon().until(() -> count("sql") == 1 && count("method") == 1);
			}
			// Otherwise, the node waits for answers before it stops.
			network.close();
		}
	}

	@Test
	void anotherNodeIsWokenOnceOneIsFull() throws Exception {
		String[] narrow = { "pgdispatch.worker.threads=1", "pgdispatch.worker.concurrency=1" };
		try (Session gate = new Session(this.database, "postgres");
				HandlerNode full = start("full", Methods.class, narrow)) {
			gate.run("SELECT pg_advisory_lock(4711)");
			awaitRest("full");
			fire("SELECT pg_advisory_xact_lock_shared(4711); INSERT INTO public.effect VALUES ('slow')");
			dispatch("slow");
			soon().until(() -> waitingAtTheGate() == 2);
			try (HandlerNode other = start("other", Methods.class, narrow)) {
				awaitLooks("other");
				fire("INSERT INTO public.effect VALUES ('sql')");
				dispatch("method");
				soon().until(() -> count("sql") == 1 && count("method") == 1);
				awaitRest("other");
				gate.run("SELECT pg_advisory_unlock(4711)");
				soon().until(() -> count("slow") == 2);
			}
		}
	}

	private int waitingAtTheGate() {
		return this.jdbc
			.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted")
			.query(Integer.class)
			.single();
	}

	@Test
	void nodeThatHasTheHandlerIsWokenAfterOneThatHasNot() {
		try (HandlerNode stranger = start("stranger", Others.class)) {
			awaitRest("stranger");
			try (HandlerNode owner = start("owner", Methods.class)) {
				awaitLooks("owner");
				dispatch("method");
				soon().until(() -> count("method") == 1);
				soon().until(() -> isHeldBy("idle_node_lock", "owner"));
			}
		}
	}

	/**
	 * Waits until the node is the one that is notified of SQL jobs and of methods.
	 */
	private void awaitRest(String node) {
		soon().until(() -> isHeldBy("idle_node_lock", node) && isHeldBy("idle_driver_lock", node));
	}

	private boolean isHeldBy(String lock, String node) {
		return this.jdbc
			.sql("""
					SELECT EXISTS (SELECT
					                 FROM pgdispatch.lock_holders(pgdispatch.%s('app')) AS l
					                 JOIN pg_stat_activity AS a USING (pid)
					                WHERE l.mode = 'ExclusiveLock' AND starts_with(a.application_name, ?))"""
				.formatted(lock))
			.param(node)
			.query(Boolean.class)
			.single();
	}

	/**
	 * Waits until the node has looked at both queues and found nothing.
	 */
	private void awaitLooks(String node) {
		soon().until(() -> this.jdbc.sql("""
				SELECT count(*) = 2
				  FROM pg_stat_activity
				 WHERE starts_with(application_name, ?) AND state = 'idle' AND query LIKE '%pgdispatch.poll\\_%'""")
			.param(node)
			.query(Boolean.class)
			.single());
	}

	private void fire(String command) {
		this.jdbc.sql("SELECT pgdispatch.fire(?)").param(command).query().singleRow();
	}

	private void dispatch(String handler) {
		this.jdbc.sql("SELECT pgdispatch.dispatch_handler(?)").param(handler).query().singleValue();
	}

	private int count(String effect) {
		return this.jdbc.sql("SELECT count(*) FROM effect WHERE name = ?").param(effect).query(Integer.class).single();
	}

	private static ConditionFactory soon() {
		return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20));
	}

	static class Methods {

		private final JdbcClient jdbc;

		Methods(JdbcClient jdbc) {
			this.jdbc = jdbc;
		}

		@AfterCommitDispatch(name = "method")
		void method() {
			this.jdbc.sql("INSERT INTO effect VALUES ('method')").update();
		}

		@AfterCommitDispatch(name = "slow")
		void slow() {
			this.jdbc.sql(
					"WITH gate AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(4711)) INSERT INTO effect SELECT 'slow' FROM gate")
				.update();
		}

	}

	static class Others {

		@AfterCommitDispatch(name = "other")
		void other() {
		}

	}

}
