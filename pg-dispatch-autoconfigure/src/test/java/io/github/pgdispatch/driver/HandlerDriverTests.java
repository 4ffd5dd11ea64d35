package io.github.pgdispatch.driver;

import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import javax.sql.DataSource;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresServer;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * I1 and I6 for methods: what jobs do to each other, and what becomes of them when a node
 * is full, stops or loses the database.
 */
@PostgresTest
class HandlerDriverTests {

	/**
	 * With this and a long lease, nothing that happens within {@link #soon()} is due to a
	 * poll, or to a look at whether another node is still alive.
	 */
	private static final String NO_POLL = "pgdispatch.worker.poll-interval=1h";

	private static final String LONG_LEASE = "pgdispatch.worker.lease=1m";

	private final List<HandlerNode> nodes = new ArrayList<>();

	@AfterEach
	void stopNodes() {
		this.nodes.forEach((node) -> {
			node.bean(Methods.class).openGate();
			node.close();
		});
	}

	@Test
	void runsAsManyJobsAtOnceAsConfiguredOnFewConnections(TestDatabase database) throws Exception {
		HandlerNode node = node(database.install("app"), "pgdispatch.worker.concurrency=64",
				"spring.datasource.hikari.maximum-pool-size=10", "spring.datasource.hikari.connection-timeout=10000");
		Methods methods = node.bean(Methods.class);
		dispatch(database, "sleep", 1_000);
		int taken = 0;
		while (methods.ended("sleep") < 1_000) {
			List<Connection> connections = new ArrayList<>();
			try {
				for (int i = 0; i < 10; i++) {
					connections.add(node.bean(DataSource.class).getConnection());
				}
				taken++;
			}
			finally {
				for (Connection connection : connections) {
					connection.close();
				}
			}
			Thread.sleep(20);
		}
		assertThat(taken).isPositive();
		assertThat(methods.mostAtOnce("sleep")).isEqualTo(64);
		awaitNoJob(database);
		assertThat(methods.ended("sleep")).isEqualTo(1_000);
	}

	@Test
	void obeysTheConcurrencyOfAHandlerWhileAnotherGoesOn(TestDatabase database) {
		HandlerNode node = node(database.install("app"));
		Methods methods = node.bean(Methods.class);
		dispatch(database, "three", 60);
		soon().until(() -> methods.running("three") == 3);
		dispatch(database, "quick", 200);
		soon().until(() -> methods.ended("quick") == 200);
		assertThat(methods.running("three")).isEqualTo(3);
		methods.openGate();
		awaitNoJob(database);
		assertThat(methods.ended("three")).isEqualTo(60);
		assertThat(methods.mostAtOnce("three")).isEqualTo(3);
	}

	@Test
	void neighboursOfMisbehavingJobsGoOn(TestDatabase database) {
		HandlerNode node = node(database.install("app"), "pgdispatch.worker.concurrency=4");
		Methods methods = node.bean(Methods.class);
		dispatch(database, "neverReturn", 2);
		soon().until(() -> methods.running("neverReturn") == 2);
		for (String handler : List.of("outOfMemory", "interruptItself", "unspeakable", "circular", "unstorable",
				"quick")) {
			dispatch(database, handler, 20);
		}
		soon().until(() -> methods.ended("quick") == 20);
		soon().until(() -> count(database, "pgdispatch.handler_job") == 2);
		assertThat(methods.interrupted()).isZero();
		assertThat(database.jdbc("app")
			.sql("SELECT handler, count(*) FROM pgdispatch.dead_letter GROUP BY handler ORDER BY handler")
			.query((row, number) -> row.getString(1) + " " + row.getInt(2))
			.list()).containsExactly("circular 20", "outOfMemory 20", "unspeakable 20", "unstorable 20");
	}

	@Test
	void stopWaitsForRunningJobsAndGivesBackThoseThatTakeTooLong(TestDatabase database) {
		HandlerNode node = node(database.install("app"), "spring.lifecycle.timeout-per-shutdown-phase=4s", NO_POLL);
		Methods methods = node.bean(Methods.class);
		dispatch(database, "lastCall", 5);
		dispatch(database, "interruptible", 1);
		dispatch(database, "neverReturn", 1);
		soon().until(() -> methods.running("lastCall") == 5 && methods.running("interruptible") == 1
				&& methods.running("neverReturn") == 1);
		CompletableFuture<Void> stop = CompletableFuture.runAsync(node.bean(HandlerDriver.class)::stop);
		await().during(Duration.ofMillis(500)).until(() -> !stop.isDone());
		methods.endLastCalls();
		stop.join();
		assertThat(methods.ended("lastCall")).isEqualTo(5);
		soon().until(() -> methods.interrupted() == 1);
		assertThat(count(database, "pgdispatch.node")).isZero();
		assertThat(database.jdbc("app")
			.sql("SELECT handler FROM pgdispatch.handler_job WHERE claimed_by IS NULL AND attempts = 0 ORDER BY handler")
			.query(String.class)
			.list()).containsExactly("interruptible", "neverReturn");
		HandlerNode other = node(database, NO_POLL);
		soon().until(() -> other.bean(Methods.class).running("neverReturn") == 1);
		other.bean(Methods.class).openGate();
		awaitNoJob(database);
	}

	@Test
	void restingNodeIsNotifiedOfJobsThatAnotherGivesBack(TestDatabase database) {
		HandlerNode node = node(database.install("app"), "spring.lifecycle.timeout-per-shutdown-phase=1s", NO_POLL,
				LONG_LEASE);
		dispatch(database, "neverReturn", 3);
		soon().until(() -> node.bean(Methods.class).running("neverReturn") == 3);
		HandlerNode other = node(database, NO_POLL, LONG_LEASE);
		awaitResting(database, 2);
		node.bean(HandlerDriver.class).stop();
		soon().until(() -> other.bean(Methods.class).running("neverReturn") == 3);
	}

	@Test
	void fullNodeNotifiesARestingOne(TestDatabase database) {
		HandlerNode full = node(database.install("app"), "pgdispatch.worker.concurrency=2", NO_POLL, LONG_LEASE);
		dispatch(database, "neverReturn", 2);
		soon().until(() -> full.bean(Methods.class).running("neverReturn") == 2);
		HandlerNode resting = node(database, NO_POLL, LONG_LEASE);
		awaitResting(database, 2);
		inTransaction(full, () -> {
			for (int i = 0; i < 10; i++) {
				full.bean(Methods.class).quick();
			}
		});
		soon().until(() -> resting.bean(Methods.class).ended("quick") == 10);
	}

	@Test
	void nodeWithAFullHandlerNotifiesARestingOne(TestDatabase database) {
		HandlerNode full = node(database.install("app"), NO_POLL, LONG_LEASE);
		dispatch(database, "three", 3);
		soon().until(() -> full.bean(Methods.class).running("three") == 3);
		HandlerNode resting = node(database, NO_POLL, LONG_LEASE);
		awaitResting(database, 2);
		inTransaction(full, full.bean(Methods.class)::three);
		soon().until(() -> resting.bean(Methods.class).running("three") == 1);
	}

	@Test
	void outcomesAreKeptUntilTheDatabaseIsBack() {
		try (PostgresServer server = PostgresServer.start("fsync=on")) {
			TestDatabase database = server.createDatabase().install("app");
			HandlerNode node = node(database, "pgdispatch.worker.concurrency=8");
			HandlerNode other = node(database, "pgdispatch.worker.concurrency=8");
			other.bean(HandlerDriver.class).stop();
			Methods methods = node.bean(Methods.class);
			dispatch(database, "gate", 8);
			soon().until(() -> methods.running("gate") == 8);
			other.bean(HandlerDriver.class).start();
			dispatch(database, "second", 30);
			server.stop();
			methods.openGate();
			soon().until(() -> methods.ended("gate") == 8);
			server.startAgain();
			await().atMost(Duration.ofSeconds(60))
				.ignoreExceptions()
				.until(() -> count(database, "pgdispatch.handler_job") == 0);
			assertThat(methods.ended("gate") + other.bean(Methods.class).ended("gate")).isEqualTo(8);
			assertThat(methods.ended("second") + other.bean(Methods.class).ended("second")).isEqualTo(30);
			assertThat(count(database, "pgdispatch.dead_letter")).isZero();
			stopNodes();
			this.nodes.clear();
		}
	}

	@Test
	void jobsAreRunOnceThoughSessionsAreTerminated(TestDatabase database) {
		HandlerNode node = node(database.install("app"), "pgdispatch.worker.concurrency=8");
		Methods methods = node.bean(Methods.class);
		dispatch(database, "neverReturn", 1);
		soon().until(() -> methods.running("neverReturn") == 1);
		dispatch(database, "quick", 3_000);
		JdbcClient administrator = database.jdbc("postgres");
		AtomicInteger terminated = new AtomicInteger();
		await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(150)).until(() -> {
			terminated.addAndGet(administrator.sql("""
					SELECT count(pg_terminate_backend(pid))
					  FROM pg_stat_activity
					 WHERE usename = 'app' AND datname = current_database()""").query(Integer.class).single());
			return terminated.get() > 30;
		});
		soon().until(() -> count(database, "pgdispatch.handler_job") == 1);
		assertThat(methods.ended("quick")).isEqualTo(3_000);
		assertThat(methods.running("neverReturn")).isOne();
		assertThat(count(database, "pgdispatch.dead_letter")).isZero();
	}

	@Test
	void unknownClaimsAreReleased(TestDatabase database) {
		HandlerNode node = HandlerNode.start(database.install("app"), UnreliableConnections.class);
		this.nodes.add(node);
		Methods methods = node.bean(Methods.class);
		// The node has claims all the time.
		dispatch(database, "neverReturn", 1);
		soon().until(() -> methods.running("neverReturn") == 1);
		UnreliableDataSource dataSource = node.bean(UnreliableDataSource.class);
		dataSource.loseNextAnswer("claim_handler_jobs");
		dispatch(database, "quick", 10);
		soon().until(() -> methods.ended("quick") == 10);
		assertThat(dataSource.hasLostAnswer()).isTrue();
		soon().until(() -> count(database, "pgdispatch.handler_job") == 1);
		assertThat(methods.running("neverReturn")).isOne();
	}

	@Test
	void claimsOfANodeWhoseLeaseHasJustBegunAreNotTakenAway(TestDatabase database) {
		JdbcClient jdbc = database.install("app").jdbc("app");
		dispatch(database, "quick", 2);
		String one = UUID.randomUUID().toString();
		assertThat(jdbc.sql("SELECT attempts FROM pgdispatch.claim_handler_jobs(?::uuid, '4 s', '{quick}', '{1}', 1)")
			.param(one)
			.query(Integer.class)
			.list()).containsExactly(1);
		// It has looked up which nodes are alive before that one was.
		assertThat(jdbc
			.sql("SELECT attempts FROM pgdispatch.claim_jobs_of_handler(?::uuid, 'quick', clock_timestamp(), 1, '{}')")
			.param(UUID.randomUUID().toString())
			.query(Integer.class)
			.list()).containsExactly(1);
		assertThat(count(database, "pgdispatch.handler_job WHERE claimed_by = '" + one + "'")).isOne();
	}

	@Test
	void idleNodeAsksTheDatabaseNothing(TestDatabase database) {
		HandlerNode node = node(database.install("app"), NO_POLL);
		dispatch(database, "quick", 1);
		soon().until(() -> node.bean(Methods.class).ended("quick") == 1);
		awaitNoJob(database);
		soon().until(() -> count(database, "pgdispatch.node") == 0);
		awaitResting(database, 1);
		JdbcClient administrator = database.jdbc("postgres");
		Supplier<List<String>> lastQueries = () -> administrator.sql("""
				SELECT pid || ' ' || query_start
				  FROM pg_stat_activity
				 WHERE usename = 'app' AND datname = current_database()
				 ORDER BY pid""").query(String.class).list();
		await().atMost(Duration.ofSeconds(60)).until(() -> {
			List<String> before = lastQueries.get();
			Thread.sleep(2_000);
			return lastQueries.get().equals(before);
		});
	}

	private HandlerNode node(TestDatabase database, String... properties) {
		HandlerNode node = HandlerNode.start(database, Methods.class, properties);
		this.nodes.add(node);
		return node;
	}

	private static void dispatch(TestDatabase database, String handler, int count) {
		database.jdbc("app")
			.sql("SELECT count(pgdispatch.dispatch_handler(?)) FROM generate_series(1, ?)")
			.params(handler, count)
			.query()
			.singleValue();
	}

	/**
	 * Dispatches as an application does: the database notifies no other node.
	 */
	private static void inTransaction(HandlerNode node, Methods.Body dispatches) {
		node.transaction().executeWithoutResult((status) -> {
			try {
				dispatches.run();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		});
	}

	private static ConditionFactory soon() {
		return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20));
	}

	private static int count(TestDatabase database, String from) {
		return database.jdbc("app").sql("SELECT count(*) FROM " + from).query(Integer.class).single();
	}

	private static void awaitNoJob(TestDatabase database) {
		soon().until(() -> count(database, "pgdispatch.handler_job") == 0);
	}

	/**
	 * Waits until all nodes have looked at the queue and found nothing.
	 */
	private static void awaitResting(TestDatabase database, int nodes) {
		soon().until(() -> count(database, """
				pg_stat_activity
				 WHERE datname = current_database()
				   AND state = 'idle'
				   AND query LIKE '%pgdispatch.poll_handlers(%'""") == nodes);
	}

	static class Methods {

		private final CountDownLatch gate = new CountDownLatch(1);

		private final CountDownLatch lastCall = new CountDownLatch(1);

		private final Map<String, AtomicInteger> running = new ConcurrentHashMap<>();

		private final Map<String, AtomicInteger> most = new ConcurrentHashMap<>();

		private final Map<String, AtomicInteger> ended = new ConcurrentHashMap<>();

		private final AtomicInteger interrupted = new AtomicInteger();

		void openGate() {
			this.gate.countDown();
		}

		void endLastCalls() {
			this.lastCall.countDown();
		}

		int running(String name) {
			return of(this.running, name).get();
		}

		int interrupted() {
			return this.interrupted.get();
		}

		int ended(String name) {
			return of(this.ended, name).get();
		}

		int mostAtOnce(String name) {
			return of(this.most, name).get();
		}

		private static AtomicInteger of(Map<String, AtomicInteger> counters, String name) {
			return counters.computeIfAbsent(name, (key) -> new AtomicInteger());
		}

		private void run(String name, Body body) throws InterruptedException {
			int now = of(this.running, name).incrementAndGet();
			of(this.most, name).accumulateAndGet(now, Math::max);
			try {
				body.run();
			}
			catch (InterruptedException ex) {
				this.interrupted.incrementAndGet();
				throw ex;
			}
			finally {
				of(this.running, name).decrementAndGet();
			}
			of(this.ended, name).incrementAndGet();
		}

		@AfterCommitDispatch(name = "quick")
		void quick() throws InterruptedException {
			run("quick", () -> Thread.sleep(1));
		}

		@AfterCommitDispatch(name = "sleep")
		void sleep() throws InterruptedException {
			run("sleep", () -> Thread.sleep(200));
		}

		@AfterCommitDispatch(name = "second")
		void second() throws InterruptedException {
			run("second", () -> Thread.sleep(1_000));
		}

		@AfterCommitDispatch(name = "lastCall")
		void lastCall() throws InterruptedException {
			run("lastCall", this.lastCall::await);
		}

		@AfterCommitDispatch(name = "gate")
		void gate() throws InterruptedException {
			run("gate", this.gate::await);
		}

		@AfterCommitDispatch(name = "three", concurrency = 3)
		void three() throws InterruptedException {
			run("three", this.gate::await);
		}

		@AfterCommitDispatch(name = "interruptible")
		void interruptible() throws InterruptedException {
			run("interruptible", this.gate::await);
		}

		/**
		 * Returns when the test ends, and ignores interruptions until then.
		 */
		@AfterCommitDispatch(name = "neverReturn")
		void neverReturn() throws InterruptedException {
			run("neverReturn", () -> {
				while (this.gate.getCount() > 0) {
					try {
						this.gate.await(1, TimeUnit.MINUTES);
					}
					catch (InterruptedException ex) {
						// Ignored.
					}
				}
			});
		}

		@AfterCommitDispatch(name = "outOfMemory")
		void outOfMemory() {
			throw new OutOfMemoryError("not really");
		}

		@AfterCommitDispatch(name = "interruptItself")
		void interruptItself() {
			Thread.currentThread().interrupt();
		}

		@AfterCommitDispatch(name = "unstorable")
		void unstorable() {
			throw new IllegalStateException("\0 \ud800");
		}

		@AfterCommitDispatch(name = "circular")
		void circular() {
			IllegalStateException one = new IllegalStateException("one");
			one.initCause(new IllegalStateException("other", one));
			throw one;
		}

		@AfterCommitDispatch(name = "unspeakable")
		void unspeakable() {
			throw new UnspeakableException();
		}

		interface Body {

			void run() throws InterruptedException;

		}

	}

	@SuppressWarnings("serial")
	static class UnspeakableException extends RuntimeException {

		@Override
		public String getMessage() {
			throw new StackOverflowError();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class UnreliableConnections {

		@Bean
		Methods methods() {
			return new Methods();
		}

		@Bean
		static BeanPostProcessor unreliable() {
			return new BeanPostProcessor() {

				@Override
				public Object postProcessAfterInitialization(Object bean, String beanName) {
					return (bean instanceof DataSource dataSource) ? new UnreliableDataSource(dataSource) : bean;
				}

			};
		}

	}

}
