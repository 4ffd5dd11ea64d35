package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.JvmProcess;
import io.github.pgdispatch.test.Route;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * I1 and I3 for methods: whichever node is killed or frozen meanwhile, every job has its
 * effect; exactly once where the method is transactional, and no more often than it was
 * begun where it is not. That holds for jobs of a client and for those that the nodes
 * dispatch themselves, with their own claims.
 */
abstract class AbstractHandlerChaosTests {

	private static final Log logger = LogFactory.getLog(AbstractHandlerChaosTests.class);

	private static final int CONCURRENCY = 16;

	/**
	 * Number of jobs of a transaction, which is more than two nodes run at once.
	 */
	private static final int BATCH = 100;

	private final int minJobs;

	private final int minKills;

	private Route route;

	private JdbcClient jdbc;

	/**
	 * Creates tests.
	 * @param minJobs minimum number of jobs of a client
	 * @param minKills minimum number of nodes that are killed meanwhile
	 */
	AbstractHandlerChaosTests(int minJobs, int minKills) {
		this.minJobs = minJobs;
		this.minKills = minKills;
	}

	/**
	 * Prepares a database.
	 * @param route of the nodes to the database, which is closed after the test
	 */
	final void prepare(Route route) {
		this.route = route;
		TestDatabase database = route.database().install("app");
		this.jdbc = database.jdbcOfOneSession("app");
		this.jdbc.sql("CREATE TABLE business (kind text, number integer)").update();
		this.jdbc.sql("CREATE TABLE begun (number integer, node text, attempt integer)").update();
		this.jdbc.sql("CREATE TABLE gate (node text)").update();
		this.jdbc
			.sql("CREATE TABLE effect (kind text, number integer, node text, at timestamptz DEFAULT clock_timestamp())")
			.update();
		this.jdbc.sql("CREATE INDEX ON effect (number)").update();
		this.jdbc.sql("CREATE TABLE born_claimed (node uuid)").update();
		this.jdbc.sql("""
				CREATE FUNCTION note_claim() RETURNS trigger LANGUAGE plpgsql AS $$
				BEGIN INSERT INTO public.born_claimed VALUES (NEW.claimed_by); RETURN NULL; END $$""").update();
		this.jdbc.sql("""
				CREATE TRIGGER note_claim AFTER INSERT ON pgdispatch.handler_job FOR EACH ROW
				  WHEN (NEW.claimed_by IS NOT NULL) EXECUTE FUNCTION note_claim()""").update();
	}

	@AfterEach
	final void closeRoute() {
		this.route.close();
	}

	@Test
	void everyJobHasItsEffectsWhileNodesAreKilled() throws Exception {
		AtomicInteger kills = new AtomicInteger();
		int unsettled = 0;
		long began;
		FutureTask<Integer> client;
		Deque<Node> nodes = new ArrayDeque<>();
		try {
			for (int i = 0; i < 3; i++) {
				nodes.add(Node.start(this.route, "node-" + i));
			}
			began = System.nanoTime();
			client = Session.async(() -> dispatchWhileTheyRun(kills));
			while (!client.isDone() || count("pgdispatch.handler_job") > 0) {
				Node oldest = nodes.peek();
				Node youngest = nodes.getLast();
				// One that is still starting would not notice.
				await().pollInterval(Duration.ofMillis(100))
					.until(() -> count("effect WHERE node = ?", youngest.name()) > 0 || isDrained(client));
				if (isDrained(client)) {
					break;
				}
				nodes.remove().jvm().kill();
				this.route.awaitEndOf(oldest.name());
				kills.incrementAndGet();
				assertThat(doneAndNotRemoved("transactional%", oldest.name())).isZero();
				int before = unsettled;
				unsettled += doneAndNotRemoved("plain%", oldest.name());
				assertThat(unsettled - before).isLessThan(10 * CONCURRENCY);
				nodes.add(Node.start(this.route, "node-" + (kills.get() + 2)));
			}
		}
		finally {
			nodes.forEach((node) -> node.jvm().close());
		}
		int jobs = client.get();
		long millis = Duration.ofNanos(System.nanoTime() - began).toMillis();
		int duplicates = count("effect WHERE kind LIKE 'plain%'") - count("business WHERE kind LIKE 'plain%'");
		int bornClaimed = count("born_claimed");
		logger.warn(jobs + " jobs in " + millis + " ms, " + kills + " nodes killed, " + duplicates
				+ " plain ones done twice, " + unsettled + " of them were done and not settled, " + bornClaimed
				+ " jobs born claimed by " + count("(SELECT DISTINCT node FROM born_claimed) AS nodes") + " nodes");
		assertThat(kills).hasValueGreaterThanOrEqualTo(this.minKills);
		assertThat(count("pgdispatch.dead_letter")).isZero();
		assertThat(count("business WHERE kind NOT LIKE '%FollowUp'")).isEqualTo(jobs);
		assertThat(count("business WHERE kind LIKE '%FollowUp'")).isEqualTo(jobs / 2);
		assertThat(bornClaimed).isPositive();
		for (String kind : List.of("", "FollowUp")) {
			assertThat(differences("plain" + kind, "count(effect.number) = 0")).isEmpty();
			assertThat(differences("transactional" + kind, "count(effect.number) <> 1")).isEmpty();
		}
		assertThat(duplicates).as(() -> "Done more often than once: " + this.jdbc.sql("""
				SELECT string_agg(node || ' at ' || at, ', ' ORDER BY at)
				  FROM effect
				 WHERE kind LIKE 'plain%'
				 GROUP BY kind, number
				HAVING count(*) > 1""").query(String.class).list()).isLessThanOrEqualTo(unsettled);
	}

	/**
	 * Spreads the dispatches over the kills, for which JVMs have to start: before the
	 * next one there are only as many as it takes for the new node to have some. A fifth
	 * of the transactions is rolled back.
	 * @return the number of jobs that were committed
	 */
	private Integer dispatchWhileTheyRun(AtomicInteger kills) throws Exception {
		try (Session client = new Session(this.route.database(), "app")) {
			int transactions = 0;
			int from = 0;
			while (from < this.minJobs || kills.get() < this.minKills) {
				dispatch(client, from, BATCH, "COMMIT");
				from += BATCH;
				if (++transactions % 4 == 0) {
					dispatch(client, -from, BATCH, "ROLLBACK");
				}
				Thread.sleep((from >= this.minJobs / (this.minKills + 1) * (kills.get() + 1)) ? 1_000 : 40);
			}
			return from;
		}
	}

	private static void dispatch(Session client, int from, int count, String end) throws Exception {
		client.run("BEGIN", """
				INSERT INTO business
				SELECT CASE WHEN n %% 2 = 0 THEN 'plain' ELSE 'transactional' END, n
				  FROM generate_series(%d, %d) AS n""".formatted(from, from + count - 1),
				"""
						SELECT pgdispatch.dispatch_handler(
						    CASE WHEN n %% 2 = 0 THEN 'plain' ELSE 'transactional' END, json_build_object('number', n), notify => n %% 20 = 0)
						  FROM generate_series(%d, %d) AS n"""
					.formatted(from, from + count - 1),
				end);
	}

	private boolean isDrained(FutureTask<?> client) {
		return client.isDone() && count("pgdispatch.handler_job") == 0;
	}

	private int doneAndNotRemoved(String kinds, String node) {
		return count("""
				pgdispatch.handler_job AS j
				  JOIN effect AS e ON e.number = (j.arguments ->> 'number')::integer AND e.kind = j.handler
				 WHERE e.kind LIKE ? AND e.node = ?""", kinds, node);
	}

	private List<String> differences(String kind, String wrong) {
		return this.jdbc.sql("""
				SELECT coalesce(business.number, effect.number) || ' ' || count(effect.number)
				  FROM (SELECT number FROM business WHERE kind = :kind) AS business
				  FULL JOIN (SELECT number FROM effect WHERE kind = :kind) AS effect ON effect.number = business.number
				 GROUP BY business.number, effect.number
				HAVING business.number IS NULL OR\s""" + wrong).param("kind", kind).query(String.class).list();
	}

	@Test
	void frozenNodeNeitherDoublesNorDisturbsWhatAnotherHasTakenOver() {
		try (JvmProcess frozen = HandlerNode.startJvm(this.route, "frozen", Effects.class)) {
			dispatch("held", 1);
			dispatch("heldInTransaction", 2);
			dispatch("held", 3);
			await().until(() -> count("begun WHERE node = 'frozen'") == 3);
			frozen.freeze();
			try (HandlerNode other = HandlerNode.start(this.route, Effects.class, "node.name=other")) {
				await().until(() -> count("begun WHERE node = 'other'") == 3);
				List<String> claims = claims();

				openGate("frozen");
				frozen.thaw();
				await().until(() -> count("effect WHERE kind = 'held'") == 2);
				await().until(() -> count("""
						pg_stat_activity
						 WHERE datname = current_database()
						   AND starts_with(application_name, 'frozen')
						   AND state = 'idle in transaction'""") == 0);
				// It has settled the others by the time that it begins another one.
				dispatch("plain", 4);
				dispatch("plain", 5);
				await().until(() -> count("effect WHERE kind = 'plain'") == 2);
				assertThat(claims()).containsAll(claims).hasSameSizeAs(claims);
				assertThat(count("effect WHERE kind = 'heldInTransaction'")).isZero();

				openGate("other");
				awaitNoJob();
			}
			assertThat(nodesOf("heldInTransaction")).containsExactly("other");
			assertThat(nodesOf("plainFollowUp")).hasSize(1);
			assertThat(nodesOf("held")).containsExactly("frozen", "frozen", "other", "other");

			for (int i = 0; i < 20; i++) {
				dispatch("plain", 10 + i);
				dispatch("transactional", 10 + i);
			}
			awaitNoJob();
			assertThat(nodesOf("transactional")).hasSize(20).containsOnly("frozen");
			assertThat(count("effect WHERE kind = 'plain'")).isEqualTo(22);
			assertThat(count("pgdispatch.dead_letter")).isZero();
		}
	}

	final void dispatch(String handler, int number) {
		this.jdbc.sql("SELECT pgdispatch.dispatch_handler(?, json_build_object('number', ?::integer))")
			.params(handler, number)
			.query()
			.singleValue();
	}

	final void openGate(String node) {
		this.jdbc.sql("INSERT INTO gate VALUES (?)").param(node).update();
	}

	private List<String> claims() {
		return this.jdbc
			.sql("SELECT id || ' ' || claimed_by || ' ' || attempts FROM pgdispatch.handler_job ORDER BY id")
			.query(String.class)
			.list();
	}

	private List<String> nodesOf(String kind) {
		return this.jdbc.sql("SELECT node FROM effect WHERE kind = ? ORDER BY node")
			.param(kind)
			.query(String.class)
			.list();
	}

	final int count(String from, Object... parameters) {
		return this.jdbc.sql("SELECT count(*) FROM " + from).params(parameters).query(Integer.class).single();
	}

	final void awaitNoJob() {
		await().until(() -> count("pgdispatch.handler_job") == 0);
	}

	record Node(String name, JvmProcess jvm) {

		static Node start(Route route, String name) {
			return new Node(name, HandlerNode.startJvm(route, name, Effects.class,
					"pgdispatch.worker.concurrency=" + CONCURRENCY, "effects.time=30"));
		}

	}

	static class Effects {

		private final JdbcClient jdbc;

		private final TransactionTemplate apart;

		private final ObjectProvider<Effects> proxy;

		private final String node;

		private final long time;

		Effects(JdbcClient jdbc, PlatformTransactionManager transactionManager, ObjectProvider<Effects> proxy,
				@Value("${node.name}") String node, @Value("${effects.time:0}") long time) {
			this.jdbc = jdbc;
			this.apart = new TransactionTemplate(transactionManager);
			this.apart.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
			this.proxy = proxy;
			this.node = node;
			this.time = time;
		}

		@AfterCommitDispatch(name = "transactional")
		@Transactional
		void transactional(int number) throws InterruptedException {
			effect("transactional", number);
			Thread.sleep(this.time);
			if (number % 4 == 1) {
				business("plainFollowUp", number);
				this.proxy.getObject().plainFollowUp(number);
			}
			else {
				business("transactionalFollowUp", number);
				this.proxy.getObject().transactionalFollowUp(number);
			}
		}

		@AfterCommitDispatch(name = "transactionalFollowUp")
		@Transactional
		void transactionalFollowUp(int number) throws InterruptedException {
			effect("transactionalFollowUp", number);
			Thread.sleep(this.time);
		}

		@AfterCommitDispatch(name = "plainFollowUp")
		void plainFollowUp(int number) throws InterruptedException {
			Thread.sleep(this.time);
			effect("plainFollowUp", number);
		}

		@AfterCommitDispatch(name = "plain")
		void plain(int number) throws InterruptedException {
			Thread.sleep(this.time);
			effect("plain", number);
		}

		@AfterCommitDispatch(name = "held")
		void held(int number, DispatchContext context) throws InterruptedException {
			begin(number, context);
			effect("held", number);
		}

		@AfterCommitDispatch(name = "heldInTransaction")
		@Transactional
		void heldInTransaction(int number, DispatchContext context) throws InterruptedException {
			this.proxy.getObject().plainFollowUp(number);
			begin(number, context);
			effect("heldInTransaction", number);
		}

		/**
		 * Records the attempt at once, and waits for the test.
		 */
		private void begin(int number, DispatchContext context) throws InterruptedException {
			this.apart.executeWithoutResult((status) -> this.jdbc.sql("INSERT INTO begun VALUES (?, ?, ?)")
				.params(number, this.node, context.attempt())
				.update());
			while (this.jdbc.sql("SELECT count(*) FROM gate WHERE node = ?")
				.param(this.node)
				.query(Integer.class)
				.single() == 0) {
				Thread.sleep(20);
			}
		}

		private void business(String kind, int number) {
			this.jdbc.sql("INSERT INTO business VALUES (?, ?)").params(kind, number).update();
		}

		private void effect(String kind, int number) {
			this.jdbc.sql("INSERT INTO effect (kind, number, node) VALUES (?, ?, ?)")
				.params(kind, number, this.node)
				.update();
		}

	}

}
