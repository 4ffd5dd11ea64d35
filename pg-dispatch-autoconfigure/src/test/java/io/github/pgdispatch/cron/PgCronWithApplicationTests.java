package io.github.pgdispatch.cron;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;

import io.github.pgdispatch.test.Attempts;
import io.github.pgdispatch.test.JvmProcess;
import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.TestDatabase;
import io.github.pgdispatch.test.TestNode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * An application and pg_cron together: while the application is there it runs the jobs,
 * at once, and pg_cron does nothing; when it is not, the database goes on by itself.
 */
@PgCronTest
@Execution(ExecutionMode.CONCURRENT)
class PgCronWithApplicationTests {

	/**
	 * Who runs the job, and when it was dispatched.
	 */
	private static final String EFFECT = "INSERT INTO public.effect VALUES (current_setting('application_name') || ' ' || :at)";

	/**
	 * How long a worker of pg_cron gives the application.
	 */
	private static final Duration GRACE = Duration.ofSeconds(10);

	private final TestDatabase database;

	private final CronQueue queue;

	PgCronWithApplicationTests(PgCronServer server) {
		this.database = server.database();
		this.queue = new CronQueue(this.database);
	}

	@BeforeEach
	void prepare() {
		this.queue.prepare();
	}

	@Test
	void applicationRunsTheJobsAtOnceAndPgCronNone() throws Exception {
		Duration atOnce = Duration.ofMillis(100);
		try (TestNode node = TestNode.start(this.database, 4)) {
			awaitAttendance();
			long runs = runsOfPgCron();
			assertThat(Attempts.shortest(atOnce, () -> {
				this.queue.run("TRUNCATE effect");
				int dispatches = dispatchFor(GRACE.multipliedBy(2), Duration.ofMillis(50), node);
				this.queue.awaitEffects(dispatches);
				assertThat(runners()).containsExactly(TestNode.WORKER);
				return medianDelay();
			})).isLessThanOrEqualTo(atOnce);
			this.queue.awaitIdle();
			assertThat(runsOfPgCron()).isEqualTo(runs);
		}
	}

	@Test
	void pgCronDoesNotComeWhileTheApplicationIsBusyAndKeepsUp() {
		try (TestNode node = TestNode.start(this.database, 4)) {
			awaitAttendance();
			long runs = runsOfPgCron();
			int dispatches = dispatchFor(GRACE.multipliedBy(2), Duration.ofMillis(1), node);
			this.queue.awaitEffects(dispatches);
			assertThat(runners()).containsExactly(TestNode.WORKER);
			this.queue.awaitIdle();
			assertThat(runsOfPgCron()).isEqualTo(runs);
		}
	}

	@Test
	void databaseGoesOnByItselfWhenTheLastApplicationIsKilled() {
		int jobs = 2_000;
		try (JvmProcess node = JvmProcess.start(TestNode.class, this.database.url(), "4")) {
			awaitAttendance();
			this.queue
				.run("""
						SET SESSION AUTHORIZATION app;
						SELECT pgdispatch.fire(format(
							$$SELECT pg_sleep(0.02); INSERT INTO public.effect VALUES (current_setting('application_name') || ' ' || %s)$$, i))
						  FROM generate_series(1, 2000) AS i""");
			await().until(() -> this.queue.count("effect") > 100);
			node.kill();
			assertThat(this.queue.count("pgdispatch.job")).isPositive();
		}
		await().atMost(Duration.ofMinutes(2)).until(() -> this.queue.count("pgdispatch.job") == 0);
		assertThat(this.queue.count("effect")).isEqualTo(jobs);
		assertThat(this.queue.value("count(DISTINCT split_part(job, ' ', 2)) FROM effect", Integer.class))
			.isEqualTo(jobs);
		assertThat(runners()).hasSize(2).contains(TestNode.WORKER);
		this.queue.awaitIdle();
	}

	@Test
	void nodeThatComesBackTakesOverFromALingeringWorker() {
		this.queue.fire(CronQueue.effect("without application"));
		this.queue.awaitEffects(1);
		try (TestNode node = TestNode.start(this.database, 4)) {
			awaitAttendance();
			await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(50)).until(() -> {
				dispatch(node);
				return this.queue.workersRunning() == 0;
			});
			await("all jobs").until(() -> this.queue.count("pgdispatch.job") == 0);
			this.queue.run("TRUNCATE effect");
			long runs = runsOfPgCron();
			int dispatches = dispatchFor(GRACE.plusSeconds(3), Duration.ofMillis(50), node);
			this.queue.awaitEffects(dispatches);
			assertThat(runners()).containsExactly(TestNode.WORKER);
			assertThat(runsOfPgCron()).isEqualTo(runs);
			this.queue.awaitIdle();
		}
	}

	@Test
	void applicationMeetsSnoozedJobsOnTimeAndPgCronDoesNotCome() throws Exception {
		Duration second = Duration.ofSeconds(1);
		try (TestNode node = TestNode.start(this.database, 4)) {
			awaitAttendance();
			long runs = runsOfPgCron();
			assertThat(Attempts.shortest(second, () -> {
				this.queue.run("TRUNCATE effect");
				OffsetDateTime dueAt = this.queue.snooze(
						"INSERT INTO public.effect VALUES (current_setting('application_name') || ' ' || now())",
						"14 seconds");
				return this.queue.awaitLateness(dueAt);
			})).isLessThanOrEqualTo(second);
			assertThat(runners()).containsExactly(TestNode.WORKER);
			this.queue.awaitIdle();
			assertThat(runsOfPgCron()).isEqualTo(runs);
		}
	}

	private void awaitAttendance() {
		await("attendance").until(() -> this.queue.is("""
				EXISTS (SELECT
				          FROM pg_locks
				         WHERE locktype = 'advisory'
				           AND mode = 'ExclusiveLock'
				           AND classid::bigint = pgdispatch.application_lock('app') >> 32)"""));
	}

	/**
	 * Dispatches at a steady rate, in turn through the template and in SQL.
	 * @return how often
	 */
	private int dispatchFor(Duration duration, Duration pause, TestNode node) {
		Instant end = Instant.now().plus(duration);
		int[] dispatches = { 0 };
		await().atMost(duration.plusMinutes(1)).pollDelay(Duration.ZERO).pollInterval(pause).until(() -> {
			dispatch(node);
			dispatches[0] += 2;
			return Instant.now().isAfter(end);
		});
		return dispatches[0];
	}

	private void dispatch(TestNode node) {
		node.transaction()
			.executeWithoutResult((status) -> node.template().fire(EFFECT, Map.of("at", Instant.now().toString())));
		node.jdbc()
			.sql("SELECT pgdispatch.fire(replace(?, ':at', quote_literal(clock_timestamp())))")
			.param(EFFECT)
			.query()
			.singleRow();
	}

	private List<String> runners() {
		return this.queue.rows("SELECT DISTINCT split_part(job, ' ', 1) AS runner FROM effect")
			.stream()
			.map((row) -> (String) row.get("runner"))
			.toList();
	}

	private Duration medianDelay() {
		return Duration.ofMillis(this.queue.value("""
				percentile_disc(0.5) WITHIN GROUP (ORDER BY (extract(epoch FROM at
					- substring(job FROM ' (.*)')::timestamptz) * 1000)::bigint)
				  FROM effect""", Long.class));
	}

	private long runsOfPgCron() {
		return this.queue.value("coalesce(pg_sequence_last_value('cron.runid_seq'), 0)", Long.class);
	}

}
