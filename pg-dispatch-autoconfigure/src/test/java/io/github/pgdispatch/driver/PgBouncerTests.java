package io.github.pgdispatch.driver;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.Cancellation;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.JobState;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.JvmProcess;
import io.github.pgdispatch.test.PgBouncer;
import io.github.pgdispatch.test.PgCronHost;
import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.Route;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests behind PgBouncer. Where everything goes through pooled transactions, methods run,
 * as claims are not held by sessions, and nothing stays behind in the sessions. With a
 * connection of the workers' own, everything works.
 */
@PgCronTest
@TestInstance(Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class PgBouncerTests {

	private static final int POOL_SIZE = 5;

	private static final String UNPREPARED = "spring.datasource.hikari.data-source-properties.prepareThreshold=0";

	/**
	 * Without a session that is notified, jobs from elsewhere would wait for ever.
	 */
	private static final String NEVER_POLL = "pgdispatch.worker.poll-interval=1h";

	private final PgCronHost host;

	private final PgCronServer server;

	private final TestDatabase database;

	private final PgBouncer transactions;

	PgBouncerTests(PgCronHost host, PgCronServer server) {
		this.host = host;
		this.server = server;
		this.database = server.database();
		this.transactions = PgBouncer.start(host, server, "pool_mode=transaction", "default_pool_size=" + POOL_SIZE,
				"max_prepared_statements=0");
	}

	@BeforeAll
	void prepare() {
		prepare(this.database);
	}

	private static void prepare(TestDatabase database) {
		database.install("app")
			.jdbc("app")
			.sql("CREATE TABLE effect (name text, job bigint); CREATE TABLE business (number integer)")
			.update();
	}

	@BeforeEach
	void clear() {
		jdbc().sql("DELETE FROM effect; DELETE FROM pgdispatch.job; DELETE FROM pgdispatch.handler_job").update();
	}

	@AfterAll
	void stopPooler() {
		this.transactions.close();
	}

	private JdbcClient jdbc() {
		return this.database.jdbc("app");
	}

	@Test
	void twoNodesRunEachMethodOnceAndLeaveNothingBehind(CapturedOutput output) throws SQLException {
		this.database.jdbc("postgres").sql("ALTER ROLE app SET statement_timeout = '1h'").update();
		String poll = "pgdispatch.worker.poll-interval=500ms";
		int jobs = 500;
		try (HandlerNode one = HandlerNode.start(this.transactions.database(), Methods.class, UNPREPARED, poll);
				HandlerNode two = HandlerNode.start(this.transactions.database(), Methods.class, UNPREPARED, poll)) {
			for (int i = 0; i < jobs / 2; i++) {
				one.transaction().executeWithoutResult((status) -> one.bean(Methods.class).plain(null));
				two.transaction().executeWithoutResult((status) -> two.bean(Methods.class).transactional(null));
			}
			jdbc().sql("SELECT pgdispatch.dispatch_handler('transactional')").query().singleValue();
			soon().until(() -> count("pgdispatch.handler_job") == 0);
			fire(one, "INSERT INTO public.effect VALUES ('sql')");
		}
		finally {
			this.database.jdbc("postgres").sql("ALTER ROLE app RESET statement_timeout").update();
		}
		assertThat(count("effect WHERE name <> 'sql'")).isEqualTo(jobs + 1);
		assertThat(count("(SELECT DISTINCT job FROM effect WHERE name <> 'sql') AS e")).isEqualTo(jobs + 1);
		assertThat(count("pgdispatch.dead_letter")).isZero();
		assertThat(output.getOut().lines().filter((line) -> line.contains("This node does not run SQL jobs")))
			.hasSize(2)
			.allSatisfy((line) -> assertThat(line).contains("WARN", "pgdispatch.worker.datasource.url"));
		soon().until(() -> count("effect WHERE name = 'sql'") == 1); // This is pg_cron.
		assertThat(leftBehind()).containsOnly("1h, 0 locks, 0 channels");
	}

	/**
	 * Returns what the sessions of the pooler have: as many open transactions have all of
	 * them.
	 */
	private List<String> leftBehind() throws SQLException {
		List<Connection> connections = new ArrayList<>();
		List<String> leftBehind = new ArrayList<>();
		try {
			for (int i = 0; i < POOL_SIZE; i++) {
				Connection connection = this.transactions.database().dataSource("app").getConnection();
				connections.add(connection);
				connection.setAutoCommit(false);
				try (Statement statement = connection.createStatement();
						var row = statement.executeQuery(
								"""
										SELECT concat(current_setting('statement_timeout'), ', ',
										              (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()), ' locks, ',
										              (SELECT count(*) FROM pg_listening_channels()), ' channels')""")) {
					row.next();
					leftBehind.add(row.getString(1));
				}
			}
		}
		finally {
			for (Connection connection : connections) {
				connection.close();
			}
		}
		return leftBehind;
	}

	@Test
	void methodsOfADeadNodeAreTakenOver() throws Exception {
		String poll = "pgdispatch.worker.poll-interval=500ms";
		jdbc().sql("SELECT pgdispatch.dispatch_handler('hang')").query().singleValue();
		try (JvmProcess dead = HandlerNode.startJvm(this.transactions.database(), "dead", Methods.class, UNPREPARED,
				poll)) {
			soon().until(() -> count("effect WHERE name = 'hang'") == 1);
			dead.kill();
			try (HandlerNode heir = HandlerNode.start(this.transactions.database(), Methods.class, UNPREPARED, poll)) {
				soon().until(() -> count("effect WHERE name = 'hang'") == 2);
				soon().until(() -> count("pgdispatch.handler_job") == 0);
			}
		}
	}

	@Test
	void everythingWorksThroughPooledSessions() {
		try (PgBouncer sessions = PgBouncer.start(this.host, this.server, "pool_mode=session", "default_pool_size=40");
				HandlerNode node = HandlerNode.start(sessions.database(), Methods.class, NEVER_POLL)) {
			assertEverythingWorks(node);
		}
	}

	@Test
	void everythingWorksWithAConnectionOfTheWorkersOwn() {
		try (HandlerNode node = HandlerNode.start(this.transactions.database(), Methods.class, UNPREPARED, NEVER_POLL,
				direct())) {
			assertEverythingWorks(node);
		}
	}

	private String direct() {
		return "pgdispatch.worker.datasource.url=" + this.database.url();
	}

	/**
	 * Tries what needs sessions of the workers: notifications, non-transactional SQL,
	 * queues, time limits and cancellations.
	 */
	private void assertEverythingWorks(HandlerNode node) {
		soon().until(() -> jdbc().sql("""
				SELECT pgdispatch.is_locked_exclusively(pgdispatch.idle_node_lock('app'))
				       AND pgdispatch.is_locked_exclusively(pgdispatch.idle_driver_lock('app'))""")
			.query(Boolean.class)
			.single());
		jdbc().sql("SELECT pgdispatch.fire('INSERT INTO public.effect VALUES (''elsewhere'')')").query().singleRow();
		jdbc().sql("SELECT pgdispatch.dispatch_handler('plain')").query().singleValue();
		node.jdbc().sql("SELECT pgdispatch.set_queue('narrow', concurrency => 1)").query().listOfRows();
		for (int i = 0; i < 10; i++) {
			jdbc().sql("SELECT pgdispatch.dispatch('INSERT INTO public.effect VALUES (''queue'')', queue => 'narrow')")
				.query()
				.singleValue();
		}
		jdbc().sql("SELECT pgdispatch.dispatch('VACUUM public.effect', transactional => false, label => 'vacuum')")
			.query()
			.singleValue();
		jdbc().sql("SELECT pgdispatch.dispatch('SELECT pg_sleep(300)', time_limit => '1 second', max_attempts => 1)")
			.query()
			.singleValue();
		long slow = jdbc().sql("SELECT pgdispatch.dispatch('SELECT pg_sleep(300)')").query(Long.class).single();
		soon().until(() -> node.bean(PgDispatchTemplate.class)
			.find(slow)
			.filter((job) -> job.state() == JobState.RUNNING)
			.isPresent());
		assertThat(node.bean(PgDispatchTemplate.class).cancel(slow)).isEqualTo(Cancellation.INTERRUPTED);
		soon().until(() -> count("pgdispatch.job") == 0 && count("pgdispatch.handler_job") == 0);
		assertThat(count("effect WHERE name = 'elsewhere'")).isOne();
		assertThat(count("effect WHERE name = 'plain'")).isOne();
		assertThat(count("effect WHERE name = 'queue'")).isEqualTo(10);
		assertThat(jdbc().sql("DELETE FROM pgdispatch.dead_letter RETURNING sqlstate").query(String.class).list())
			.containsExactly("PD001");
	}

	/**
	 * Sessions of the pooler and of the workers are killed, and once the whole server.
	 * Each transaction says what it has committed by a row of its own.
	 */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void killedSessionsAndServersLoseAndDoubleNothing(boolean beside) {
		try (Route route = beside ? Route.besidePgBouncer(this.host, this.server)
				: Route.throughPgBouncer(this.host, this.server)) {
			prepare(route.database());
			JdbcClient jdbc = route.database().jdbc("app");
			AtomicInteger committed = new AtomicInteger();
			int kills = 0;
			try (HandlerNode one = HandlerNode.start(route, Methods.class);
					HandlerNode two = HandlerNode.start(route, Methods.class)) {
				CompletableFuture<?> dispatches = CompletableFuture.allOf(Stream.of(one, two)
					.map((node) -> CompletableFuture.runAsync(() -> dispatchRepeatedly(node, beside)))
					.toArray(CompletableFuture<?>[]::new));
				while (!dispatches.isDone()) {
					int before = committed.get();
					soon().until(() -> {
						committed.set(count(jdbc, "business"));
						return dispatches.isDone() || committed.get() > before + 60;
					});
					kill(++kills);
				}
				dispatches.join();
				soon().until(() -> count(jdbc, "pgdispatch.job") == 0 && count(jdbc, "pgdispatch.handler_job") == 0);
			}
			assertThat(kills).isGreaterThan(2);
			assertThat(count(jdbc, "business")).isGreaterThan(200);
			assertThat(count(jdbc, "effect WHERE name = 'transactional'")).isEqualTo(count(jdbc, "business"));
			if (beside) {
				assertThat(jdbc.sql("SELECT job FROM effect WHERE name = 'sql' ORDER BY 1").query(Long.class).list())
					.isEqualTo(jdbc.sql("SELECT number FROM business ORDER BY 1").query(Long.class).list());
			}
			assertThat(count(jdbc, "pgdispatch.dead_letter")).isZero();
		}
	}

	private void kill(int number) {
		if (number == 2) {
			this.server.stopImmediately();
			this.server.startAgain();
		}
		else {
			this.database.jdbc("postgres")
				.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")
				.query()
				.listOfRows();
		}
	}

	/**
	 * A firewall forgets the connections of an idle node, of which neither side learns.
	 */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void forgottenConnectionsAreFoundOut(boolean beside) throws Exception {
		try (FreezingProxy toPooler = new FreezingProxy(this.transactions.database().port());
				FreezingProxy toServer = new FreezingProxy(this.database.port());
				HandlerNode node = HandlerNode.start(new TestDatabase(toPooler.port(), this.database.name()),
						Methods.class, UNPREPARED, "spring.datasource.hikari.maximum-pool-size=2",
						beside ? "pgdispatch.worker.datasource.url="
								+ new TestDatabase(toServer.port(), this.database.name()).url()
								: "pgdispatch.worker.poll-interval=500ms")) {
			node.transaction().executeWithoutResult((status) -> node.bean(Methods.class).plain(null));
			soon().until(() -> count("effect WHERE name = 'plain'") == 1);
			toPooler.freeze();
			toServer.freeze();
			jdbc().sql("SELECT pgdispatch.dispatch_handler('transactional')").query().singleValue();
			soon().until(() -> count("effect WHERE name = 'transactional'") == 1);
			node.transaction().executeWithoutResult((status) -> node.bean(Methods.class).plain(null));
			soon().until(() -> count("effect WHERE name = 'plain'") == 2);
			soon().until(() -> count("pgdispatch.handler_job") == 0);
		}
	}

	private static void dispatchRepeatedly(HandlerNode node, boolean runsSql) {
		int first = System.identityHashCode(node) % 1_000_000;
		for (int i = 0; i < 200; i++) {
			int number = first * 1_000 + i;
			try {
				node.transaction().executeWithoutResult((status) -> {
					node.jdbc().sql("INSERT INTO business VALUES (?)").param(number).update();
					if (runsSql) {
						node.bean(PgDispatchTemplate.class)
							.fire("INSERT INTO public.effect VALUES ('sql', " + number + ")");
					}
					node.bean(Methods.class).transactional(null);
				});
			}
			catch (DataAccessException | TransactionException ex) {
				// Its session was killed. Whether it has committed, its row tells.
			}
		}
	}

	private static void fire(HandlerNode node, String sql) {
		node.transaction().executeWithoutResult((status) -> node.bean(PgDispatchTemplate.class).fire(sql));
	}

	private int count(String from) {
		return count(jdbc(), from);
	}

	private static int count(JdbcClient jdbc, String from) {
		return jdbc.sql("SELECT count(*) FROM " + from).query(Integer.class).single();
	}

	private static ConditionFactory soon() {
		return await().ignoreExceptions().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(50));
	}

	static class Methods {

		private final JdbcClient jdbc;

		Methods(JdbcClient jdbc) {
			this.jdbc = jdbc;
		}

		@AfterCommitDispatch(name = "plain")
		void plain(DispatchContext context) {
			insert("plain", context);
		}

		@Transactional
		@AfterCommitDispatch(name = "transactional", maxAttempts = 10)
		void transactional(DispatchContext context) {
			insert("transactional", context);
		}

		/**
		 * Hangs in the first attempt.
		 */
		@AfterCommitDispatch(name = "hang")
		void hang(DispatchContext context) throws InterruptedException {
			insert("hang", context);
			if (context.attempt() == 1) {
				Thread.sleep(Duration.ofMinutes(5).toMillis());
			}
		}

		private void insert(String name, DispatchContext context) {
			this.jdbc.sql("INSERT INTO effect VALUES (?, ?)").params(name, context.jobId()).update();
		}

	}

}
