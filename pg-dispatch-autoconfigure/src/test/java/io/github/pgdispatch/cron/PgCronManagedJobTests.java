package io.github.pgdispatch.cron;

import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.stream.IntStream;

import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What is asked of a job beyond being run, it gets from pg_cron's workers as well, and
 * nothing of that is left when nothing is due.
 */
@PgCronTest
@Execution(ExecutionMode.CONCURRENT)
class PgCronManagedJobTests {

	private static final String LETTER = "(SELECT concat_ws('|', id, sqlstate, attempts, crashes) FROM pgdispatch.dead_letter)";

	private final CronQueue queue;

	PgCronManagedJobTests(TestDatabase database) {
		this.queue = new CronQueue(database);
	}

	@BeforeEach
	void prepare() {
		this.queue.prepare();
	}

	private String failing(int times) {
		this.queue.asApp("DROP SEQUENCE IF EXISTS attempt; CREATE SEQUENCE attempt");
		return CronQueue.effect("failing") + "; SELECT 1 / (nextval('public.attempt') > " + times + ")::integer";
	}

	private void awaitLetter(String letter) {
		await().untilAsserted(() -> assertThat(this.queue.answer(LETTER)).isEqualTo(letter));
	}

	@ParameterizedTest
	@ValueSource(strings = { "max_attempts => 5", "max_attempts => 5, back_off => '10 ms'" })
	void jobIsRunUntilItSucceeds(String options) {
		this.queue.dispatch(failing(2), options);
		this.queue.awaitEffects(1);
		assertThat(this.queue.answer("last_value FROM attempt")).isEqualTo("3");
		this.queue.awaitIdle();
		assertThat(this.queue.count("pgdispatch.managed_job")).isZero();
	}

	@Test
	void batchIsFollowedByItsContinuation() {
		this.queue.asApp("""
				DO $do$
				DECLARE
				    batch constant bigint := pgdispatch.create_batch('batch');
				BEGIN
				    PERFORM pgdispatch.fire_all(ARRAY(SELECT '%s' FROM generate_series(1, 200)), batch => batch);
				    PERFORM pgdispatch.dispatch('SELECT 1 / 0', batch => batch);
				    PERFORM pgdispatch.dispatch('%s', batch => batch, continuation => 'then');
				    PERFORM pgdispatch.close_batch(batch);
				END
				$do$""".formatted(CronQueue.effect("job").replace("'", "''"),
				CronQueue.effect("then").replace("'", "''")));
		this.queue.awaitEffects(201);
		assertThat(this.queue.effects()).hasSize(201).endsWith("then");
		assertThat(this.queue.answer("concat_ws('|', state, done, failed) FROM pgdispatch.batches()"))
			.isEqualTo("failed|200|1");
		this.queue.awaitIdle();
	}

	@Test
	void jobThatHasHadItsAttemptsIsADeadLetter() {
		long id = this.queue.dispatch(failing(100), "max_attempts => 3, back_off => '10 ms'");
		awaitLetter(id + "|22012|3|0");
		this.queue.awaitIdle();
		assertThat(this.queue.effects()).isEmpty();
	}

	@Test
	void serverThatIsNotThereCostsNoAttempt() {
		long id = this.queue.lingering("0")
			.dispatch("DO $do$ BEGIN RAISE 'no server' USING ERRCODE = '08006'; END $do$", "max_attempts => 1");
		await().until(() -> this.queue.count("pgdispatch.managed_job WHERE attempts = 0 AND outages > 0") == 1);
		assertThat(this.queue.answer("pgdispatch.cancel(" + id + ")")).isIn("cancelled", "interrupted");
		this.queue.awaitIdle();
		assertThat(this.queue.count("pgdispatch.dead_letter")).isZero();
	}

	@Test
	void breakerOfAQueueTripsLetsAProbeBeginAndIsReset() {
		this.queue
			.asApp("SELECT pgdispatch.set_queue('q', concurrency => 1, break_after => 2, break_for => '2 seconds');"
					+ " DROP SEQUENCE IF EXISTS attempt; CREATE SEQUENCE attempt");
		for (int i = 0; i < 6; i++) {
			this.queue.dispatch(CronQueue.effect("done") + "; SELECT 1 / (nextval('public.attempt') > 3)::integer",
					"queue => 'q'");
		}
		await().until(() -> this.queue.count("pgdispatch.breaker WHERE tripped_at IS NOT NULL") == 1);
		await().atMost(Duration.ofSeconds(60)).until(() -> this.queue.count("effect") == 3);
		assertThat(this.queue.count("pgdispatch.dead_letter")).isEqualTo(3);
		assertThat(this.queue.count("pgdispatch.breaker")).isZero();
		this.queue.awaitIdle();
	}

	@Test
	void keysOfAFairQueueTakeTurns() {
		this.queue.asApp("SELECT pgdispatch.set_queue('q', concurrency => 1, per_key => 1)");
		this.queue
			.asApp("""
					SELECT pgdispatch.dispatch(format('INSERT INTO public.effect VALUES (%L)', k), queue => 'q', fair_key => k, time_limit => '1 hour')
					  FROM unnest('{a,a,a,b,b,c}'::text[]) AS k""");
		this.queue.awaitEffects(6);
		// Workers that begin at the same time pass over jobs that another one is about to
		// claim, so the order of the keys may vary.
		assertThat(this.queue.effects()).containsExactlyInAnyOrder("a", "a", "a", "b", "b", "c")
			.satisfies((effects) -> assertThat(effects.indexOf("c")).isLessThan(effects.lastIndexOf("a")));
		this.queue.awaitIdle();
	}

	@Test
	void jobsOfAFairKeyKeepTheirRate() {
		this.queue.asApp(
				"SELECT pgdispatch.set_queue('q', concurrency => 4, per_key => 2, rate_per_key => 2, per => '1 second')");
		this.queue
			.asApp("""
					SELECT pgdispatch.dispatch(format('INSERT INTO public.effect VALUES (%L || clock_timestamp())', k), queue => 'q', fair_key => k)
					  FROM unnest('{a,a,a,a,a,b}'::text[]) AS k""");
		this.queue.awaitEffects(6);
		assertThat(this.queue.effects().get(0)).startsWith("a");
		assertThat(this.queue.effects().subList(0, 3)).anyMatch((effect) -> effect.startsWith("b"));
		List<OffsetDateTime> times = this.queue.effects()
			.stream()
			.filter((effect) -> effect.startsWith("a"))
			.map((effect) -> OffsetDateTime.parse(effect.substring(1).replace(' ', 'T') + ":00"))
			.toList();
		// Two have begun, at most, that have not noted yet when they did.
		assertThat(Duration.between(times.get(0), times.get(4))).isBetween(Duration.ofSeconds(1),
				Duration.ofSeconds(30));
		this.queue.awaitIdle();
	}

	@Test
	void jobThatKillsItsSessionIsGivenUpAndItsNeighboursRunOnce() {
		this.queue.dispatch(CronQueue.effect("before"), "max_attempts => 3");
		long id = this.queue.dispatch("SELECT pg_terminate_backend(pg_backend_pid())", "time_limit => '1 hour'");
		this.queue.dispatch(CronQueue.effect("after"), "time_limit => '1 hour'");
		await().until(() -> this.queue.count("pgdispatch.dead_letter") == 1);
		awaitLetter(id + "|58000|5|5");
		assertThat(this.queue.effects()).containsExactlyInAnyOrder("before", "after");
		this.queue.awaitIdle();
	}

	@Test
	void jobThatWaitsForItsNextAttemptHoldsNoSession() {
		this.queue.lingering("0").dispatch(failing(1), "max_attempts => 3, back_off => '8 seconds'");
		await().until(() -> this.queue.workersRunning() == 0
				&& this.queue.count("pgdispatch.managed_job WHERE attempts = 1") == 1
				&& this.queue.count("cron.job") > 0);
		await().until(() -> this.queue.count("effect") == 1);
		this.queue.awaitIdle();
	}

	@Test
	void rowsAreKept() {
		long id = this.queue.dispatch("SELECT 1 AS a", "result => 'rows'");
		long failing = this.queue.dispatch("SELECT 1/0", "result => 'rows'");
		await().untilAsserted(() -> assertThat(this.queue.answer("value FROM pgdispatch.result(" + id + ")"))
			.isEqualTo("[{\"a\":1}]"));
		await().untilAsserted(() -> assertThat(this.queue.answer("message FROM pgdispatch.result(" + failing + ")"))
			.isEqualTo("division by zero"));
		this.queue.awaitIdle();
	}

	@ParameterizedTest
	@ValueSource(strings = { "delay => '0'", "time_limit => '1 hour'", "max_attempts => 9" })
	void jobThatRunsIsInterrupted(String option) throws SQLException {
		try (Session gate = this.queue.closeGate()) {
			long id = this.queue.dispatch(CronQueue.held("undone"), option);
			await().until(() -> this.queue.jobsAtTheGate() == 1);
			assertThat(this.queue.answer("state FROM pgdispatch.find(" + id + ")")).isEqualTo("running");
			assertThat(this.queue.answer("pgdispatch.cancel(" + id + ")")).isEqualTo("interrupted");
			this.queue.fire(CronQueue.effect("next"));
			this.queue.awaitEffects(1);
			assertThat(this.queue.effects()).containsExactly("next");
			this.queue.awaitIdle();
		}
		assertThat(this.queue.count("pgdispatch.dead_letter")).isZero();
	}

	@Test
	void jobInAChunkIsInterrupted() throws SQLException {
		try (Session gate = this.queue.closeGate()) {
			this.queue.asApp("SELECT pgdispatch.pause()");
			this.queue.fire(CronQueue.effect("before"), 20);
			long id = this.queue.dispatch(CronQueue.held("undone"), "delay => '0'");
			this.queue.fire(CronQueue.effect("after"), 20);
			this.queue.asApp("SELECT pgdispatch.resume()");
			await().until(() -> this.queue.jobsAtTheGate() == 1);
			assertThat(this.queue.answer("pgdispatch.cancel(" + id + ", '20 s')")).isIn("interrupted", "cancelled");
			this.queue.awaitEffects(40);
			this.queue.awaitIdle();
		}
		assertThat(this.queue.count("pgdispatch.dead_letter")).isZero();
	}

	@Test
	void ofAQueueNoMoreRunAtOnceThanItsLimit() {
		this.queue.withWorkers(3).asApp("SELECT pgdispatch.set_queue('one', concurrency => 1)");
		for (int i = 0; i < 10; i++) {
			this.queue.dispatch(CronQueue.slowEffect("queued", Duration.ofMillis(100)), "queue => 'one'");
			this.queue.fire(CronQueue.slowEffect("free", Duration.ofMillis(100)));
		}
		this.queue.awaitEffects(20);
		assertThat(this.queue
			.count("effect AS a JOIN effect AS b ON a.ctid < b.ctid AND a.job = 'queued' AND b.job = 'queued'"
					+ " AND a.at BETWEEN b.at AND b.at + interval '100 ms'"))
			.isZero();
		this.queue.awaitIdle();
	}

	@Test
	void jobsOfAnOrderRunOneAfterTheOther() {
		this.queue.withWorkers(3);
		for (int i = 0; i < 20; i++) {
			this.queue.dispatch(CronQueue.effect(Integer.toString(i)), "ordering_key => 'account 42'");
		}
		this.queue.awaitEffects(20);
		assertThat(this.queue.effects())
			.containsExactly(IntStream.range(0, 20).mapToObj(Integer::toString).toArray(String[]::new));
		this.queue.awaitIdle();
	}

	@Test
	void keyAndPriorityHold() {
		this.queue.withWorkers(1).asApp("SELECT pgdispatch.pause()");
		long id = this.queue.dispatch(CronQueue.effect("replaced"), "key => 'k'");
		this.queue.dispatch(CronQueue.effect("plain"), "delay => '0'");
		assertThat(this.queue.dispatch(CronQueue.effect("kept away"), "key => 'k'")).isEqualTo(id);
		assertThat(this.queue.dispatch(CronQueue.effect("debounced"), "key => 'k', on_duplicate => 'replace'"))
			.isEqualTo(id);
		this.queue.dispatch(CronQueue.effect("urgent"), "priority => 3600");
		this.queue.asApp("SELECT pgdispatch.resume()");
		this.queue.awaitEffects(3);
		assertThat(this.queue.effects()).containsExactly("urgent", "plain", "debounced");
		this.queue.awaitIdle();
		assertThat(this.queue.count("pgdispatch.job_key")).isZero();
	}

	@Test
	void jobsOfOneCallRun() {
		this.queue.asApp("SELECT pgdispatch.fire_all(array_agg(format('INSERT INTO effect VALUES (%L)', i)))"
				+ " FROM generate_series(1, 1000) AS i");
		this.queue.awaitEffects(1000);
		this.queue.awaitIdle();
	}

	@Test
	void jobsOfAPausedQueueWaitAndNothingElseIsLeft() {
		this.queue.lingering("0").asApp("SELECT pgdispatch.set_queue('q'), pgdispatch.pause(queue => 'q')");
		this.queue.dispatch(CronQueue.effect("paused"), "queue => 'q'");
		this.queue.dispatch(CronQueue.effect("snoozed"), "queue => 'q', delay => '1 second'");
		this.queue.fire(CronQueue.effect("free"));
		this.queue.awaitEffects(1);
		await().until(() -> this.queue.count("pgdispatch.managed_job WHERE held_by = 'queue'") == 2);
		this.queue.awaitIdle();
		assertThat(this.queue.effects()).containsExactly("free");
		this.queue.asApp("SELECT pgdispatch.resume(queue => 'q')");
		this.queue.awaitEffects(3);
		this.queue.awaitIdle();
	}

	@Test
	void nothingIsBegunNorLeftWhileEverythingIsPaused() {
		this.queue.lingering("0").asApp("SELECT pgdispatch.pause()");
		this.queue.fire(CronQueue.effect("paused"));
		this.queue.snooze(CronQueue.effect("snoozed"), "1 second");
		this.queue.awaitIdle();
		assertThat(this.queue.effects()).isEmpty();
		assertThat(this.queue.count("pgdispatch.job")).isEqualTo(2);
		this.queue.asApp("SELECT pgdispatch.resume()");
		this.queue.awaitEffects(2);
		this.queue.awaitIdle();
	}

}
