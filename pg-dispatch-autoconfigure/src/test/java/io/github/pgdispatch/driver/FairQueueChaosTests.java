package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.JvmProcess;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Route;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Whichever nodes are killed and whichever sessions are terminated meanwhile: no tenant
 * has more jobs at once than it may, and none begins more of them than its rate allows,
 * and every job has its effect.
 */
@PostgresTest
class FairQueueChaosTests {

	private static final int PER_KEY = 2;

	private static final int CONCURRENCY = 5;

	private static final long SPACING = 200;

	private TestDatabase database;

	private JdbcClient jdbc;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.jdbc = database.jdbc("app");
		this.jdbc.sql("CREATE TABLE effect (queue text, tenant text, node text, begun timestamptz, ended timestamptz)")
			.update();
		// A claim is noted in its own transaction, which no delay of a node can come
		// after.
		this.jdbc.sql("CREATE TABLE admitted (tenant text, at timestamptz)").update();
		this.jdbc.sql("""
				CREATE FUNCTION note_begin() RETURNS trigger LANGUAGE plpgsql AS $$
				BEGIN
				    INSERT INTO public.admitted SELECT m.fair_key, clock_timestamp() FROM pgdispatch.managed_job AS m
				     WHERE m.role = NEW.role AND m.id = NEW.id AND m.queue = 'rated';
				    RETURN NULL;
				END $$""").update();
		this.jdbc.sql("""
				CREATE TRIGGER note_begin AFTER UPDATE ON pgdispatch.handler_job FOR EACH ROW
				  WHEN (NEW.claimed_by IS NOT NULL AND NEW.attempts > OLD.attempts) EXECUTE FUNCTION note_begin()""")
			.update();
		this.jdbc.sql("""
				CREATE TRIGGER note_begin AFTER UPDATE ON pgdispatch.managed_job FOR EACH ROW
				  WHEN (NEW.started_at IS NOT NULL AND OLD.started_at IS DISTINCT FROM NEW.started_at)
				  EXECUTE FUNCTION note_begin()""").update();
	}

	@Test
	void noTenantExceedsItsLimitsWhileNodesAreKilledAndSessionsAreTerminated() throws Exception {
		ask("SELECT pgdispatch.set_queue('fair', concurrency => " + CONCURRENCY + ", per_key => " + PER_KEY + ")",
				"SELECT pgdispatch.set_queue('rated', concurrency => 4, per_key => 2, rate_per_key => 5)");
		JvmProcess first = jvm("first");
		JvmProcess second = jvm("second");
		AtomicBoolean over = new AtomicBoolean();
		int jobs = 0;
		try (first; second; HandlerNode steady = node("steady")) {
			assertThat(steady).isNotNull();
			// One that is still starting when the jobs have run would have none.
			await().atMost(Duration.ofSeconds(60))
				.until(() -> HandlerNode.hasStarted(first) && HandlerNode.hasStarted(second));
			jobs += dispatch("flood", 150) + dispatch("other", 20);
			FutureTask<Integer> chaos = Session.async(() -> terminate(over));
			kill(first, "first");
			jobs += dispatch("third", 20) + dispatch("flood", 50);
			try (JvmProcess next = jvm("next")) {
				kill(second, "second");
				jobs += dispatch("flood", 50);
				await().atMost(Duration.ofSeconds(60)).until(() -> unfinished() < 20);
				over.set(true);
				assertThat(chaos.get()).isGreaterThan(10);
				await().atMost(Duration.ofSeconds(60)).until(() -> unfinished() == 0);
				assertThat(next.isAlive()).isTrue();
			}
		}
		assertThat(count("pgdispatch.dead_letter")).isZero();
		assertThat(count("effect")).isGreaterThanOrEqualTo(jobs);
		assertThat(atOnce("tenant")).isBetween(1, PER_KEY);
		assertThat(atOnce("1")).isBetween(PER_KEY + 1, CONCURRENCY);
		for (String tenant : List.of("flood", "other", "third")) {
			assertSpaced(tenant);
		}
	}

	/**
	 * Dispatches jobs of a tenant, a quarter of them SQL, and some with a rate.
	 */
	private int dispatch(String tenant, int jobs) {
		ask("""
				SELECT pgdispatch.dispatch_handler('chaos.effect', json_build_object('queue', 'fair', 'tenant', '%1$s'),
				           max_attempts => 30, back_off => '100 ms', max_back_off => '1 second', queue => 'fair', fair_key => '%1$s')
				  FROM generate_series(1, %2$d)"""
			.formatted(tenant, jobs / 4 * 3),
				"""
						SELECT pgdispatch.dispatch($sql$ %3$s $sql$, queue => 'fair', fair_key => '%1$s', max_attempts => 30, time_limit => '1 minute')
						  FROM generate_series(1, %2$d)"""
					.formatted(tenant, jobs / 4, sql("fair", tenant)),
				"""
						SELECT pgdispatch.dispatch_handler('chaos.effect', json_build_object('queue', 'rated', 'tenant', '%1$s'),
						           max_attempts => 30, back_off => '100 ms', max_back_off => '1 second', queue => 'rated', fair_key => '%1$s'),
						       pgdispatch.dispatch($sql$ %2$s $sql$, queue => 'rated', fair_key => '%1$s', max_attempts => 30)
						  FROM generate_series(1, 5)"""
					.formatted(tenant, sql("rated", tenant)));
		return jobs / 4 * 4 + 10;
	}

	private static String sql(String queue, String tenant) {
		return """
				WITH slept AS MATERIALIZED (SELECT clock_timestamp() AS begun, pg_sleep(0.05))
				INSERT INTO public.effect SELECT '%s', '%s', 'sql', begun, clock_timestamp() FROM slept"""
			.formatted(queue, tenant);
	}

	/**
	 * Kills a node in the middle of its jobs. What it has begun ends with it.
	 */
	private void kill(JvmProcess node, String name) {
		await().atMost(Duration.ofSeconds(60))
			.pollInterval(Duration.ofMillis(20))
			.until(() -> count("effect WHERE ended IS NULL AND node = '" + name + "'") > 0);
		String killedAt = this.jdbc.sql("SELECT clock_timestamp()").query(String.class).single();
		node.kill();
		Route.direct(this.database).awaitEndOf(name);
		this.jdbc.sql("UPDATE effect SET ended = greatest(begun, ?::timestamptz) WHERE node = ? AND ended IS NULL")
			.params(killedAt, name)
			.update();
	}

	private Integer terminate(AtomicBoolean over) throws Exception {
		int terminated = 0;
		JdbcClient admin = this.database.jdbc("postgres");
		while (!over.get()) {
			Thread.sleep(300);
			terminated += admin
				.sql("""
						SELECT pg_terminate_backend(pid) FROM pg_stat_activity
						 WHERE datname = current_database() AND usename = 'app'
						   AND starts_with(application_name, (ARRAY['first', 'second', 'next', 'steady'])[1 + trunc(random() * 4)::integer])
						 ORDER BY random() LIMIT 1""")
				.query()
				.listOfRows()
				.size();
		}
		return terminated;
	}

	private int atOnce(String group) {
		return this.jdbc
			.sql("""
					SELECT max(now)
					  FROM (SELECT sum(step) OVER (PARTITION BY %s ORDER BY at, step) AS now
					          FROM (SELECT tenant, begun AS at, 1 AS step FROM effect WHERE queue = 'fair' AND ended IS NOT NULL
					                UNION ALL
					                SELECT tenant, ended, -1 FROM effect WHERE queue = 'fair' AND ended IS NOT NULL) AS steps) AS sums"""
				.formatted(group))
			.query(Integer.class)
			.single();
	}

	private void assertSpaced(String tenant) {
		List<Long> times = this.jdbc
			.sql("SELECT (date_part('epoch', at) * 1000)::bigint FROM admitted WHERE tenant = ? ORDER BY at")
			.param(tenant)
			.query(Long.class)
			.list();
		assertThat(times).hasSizeGreaterThanOrEqualTo(10);
		for (int i = 4; i < times.size(); i++) {
			// The trigger comes a little later than the admission.
			assertThat(times.get(i) - times.get(i - 4)).as("%s of %s", i, times)
				.isGreaterThanOrEqualTo(4 * SPACING - 300);
		}
	}

	private JvmProcess jvm(String name) {
		return HandlerNode.startJvm(this.database, name, Effects.class, properties(name));
	}

	private HandlerNode node(String name) {
		return HandlerNode.start(this.database, Effects.class, properties(name));
	}

	private static String[] properties(String name) {
		return new String[] { "node.name=" + name, "pgdispatch.worker.concurrency=4", "pgdispatch.worker.threads=2",
				"pgdispatch.worker.lease=8s", "pgdispatch.worker.poll-interval=500ms",
				"spring.datasource.hikari.data-source-properties.ApplicationName=" + name };
	}

	private int unfinished() {
		return count("pgdispatch.managed_job");
	}

	private void ask(String... queries) {
		for (String query : queries) {
			this.jdbc.sql(query).query().listOfRows();
		}
	}

	private int count(String rows) {
		return this.jdbc.sql("SELECT count(*) FROM " + rows).query(Integer.class).single();
	}

	static class Effects {

		private final JdbcClient jdbc;

		private final String node;

		Effects(JdbcClient jdbc, @Value("${node.name}") String node) {
			this.jdbc = jdbc;
			this.node = node;
		}

		@AfterCommitDispatch(name = "chaos.effect")
		void effect(String queue, String tenant) throws InterruptedException {
			String place = this.jdbc.sql("INSERT INTO effect VALUES (?, ?, ?, clock_timestamp()) RETURNING begun::text")
				.params(queue, tenant, this.node)
				.query(String.class)
				.single();
			Thread.sleep(50);
			// The session may be terminated, and the method still runs.
			for (int updated = 0; updated == 0;) {
				try {
					updated = this.jdbc.sql(
							"UPDATE effect SET ended = clock_timestamp() WHERE node = ? AND tenant = ? AND begun = ?::timestamptz")
						.params(this.node, tenant, place)
						.update();
				}
				catch (DataAccessException ex) {
					Thread.sleep(20);
				}
			}
		}

	}

}
