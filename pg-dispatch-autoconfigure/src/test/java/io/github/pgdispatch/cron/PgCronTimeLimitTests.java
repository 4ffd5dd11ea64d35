package io.github.pgdispatch.cron;

import java.time.Duration;

import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * With no application alive, pg_cron's workers see to it that no job takes longer than
 * its time limit, and none stays behind for that.
 */
@PgCronTest
@Execution(ExecutionMode.CONCURRENT)
class PgCronTimeLimitTests {

	private static final Duration SOON = Duration.ofMinutes(1);

	private final CronQueue queue;

	PgCronTimeLimitTests(TestDatabase database) {
		this.queue = new CronQueue(database);
	}

	@BeforeEach
	void prepare() {
		this.queue.prepare().lingering("0");
	}

	private void awaitLetters(String... letters) {
		await().atMost(SOON)
			.untilAsserted(() -> assertThat(this.queue.rows(
					"SELECT concat_ws('|', id, sqlstate, attempts, crashes) AS letter FROM pgdispatch.dead_letter ORDER BY id"))
				.extracting((row) -> row.get("letter"))
				.containsExactly((Object[]) letters));
	}

	@Test
	void jobIsCancelledInMidStatementAndItsNeighboursAreDone() {
		this.queue.fire(CronQueue.effect("before"));
		long id = this.queue.dispatch(CronQueue.effect("undone") + "; SELECT pg_sleep(3600)", "time_limit => '500 ms'");
		this.queue.fire(CronQueue.effect("after"));
		awaitLetters(id + "|PD001|1|0");
		this.queue.awaitEffects(2);
		assertThat(this.queue.effects()).containsExactlyInAnyOrder("before", "after");
		this.queue.awaitIdle();
		assertThat(this.queue.value("extract(epoch FROM failed_at - dispatched_at) FROM pgdispatch.dead_letter",
				Double.class))
			.isBetween(0.5, 60.0);
	}

	@Test
	void itIsAnAttempt() {
		long id = this.queue.dispatch("SELECT pg_sleep(3600)",
				"time_limit => '200 ms', max_attempts => 3, back_off => '10 ms'");
		awaitLetters(id + "|PD001|3|0");
		this.queue.awaitIdle();
	}

	/**
	 * A worker that is busy cannot cancel its own job, and there may be no other.
	 */
	@Test
	void onlyWorkerIsCancelled() {
		this.queue.withWorkers(1);
		long first = this.queue.dispatch("SELECT pg_sleep(3600)", "time_limit => '200 ms'");
		long second = this.queue.dispatch("SELECT pg_sleep(3600)", "time_limit => '200 ms'");
		this.queue.fire(CronQueue.effect("after"));
		awaitLetters(first + "|PD001|1|0", second + "|PD001|1|0");
		this.queue.awaitEffects(1);
		this.queue.awaitIdle();
	}

	@Test
	void jobsThatKeepToItLeaveNothingBehind() {
		for (int i = 0; i < 20; i++) {
			this.queue.dispatch(CronQueue.effect("limited " + i), "time_limit => '1 hour'");
		}
		this.queue.awaitEffects(20);
		this.queue.awaitIdle();
		assertThat(this.queue.count("pgdispatch.dead_letter")).isZero();
	}

	/**
	 * One that has a limit comes when the guard of the last one is about to leave.
	 */
	@Test
	void jobThatComesAsTheLastGuardLeavesHasOne() {
		for (int i = 1; i <= 8; i++) {
			long waited = 200 + 300 * i;
			this.queue.dispatch("SELECT pg_sleep(3600)", "time_limit => '100 ms'");
			int letters = i;
			await().atMost(SOON).until(() -> this.queue.count("pgdispatch.dead_letter") == letters);
			String failedAt = this.queue.value("max(failed_at) FROM pgdispatch.dead_letter", String.class);
			await().pollInterval(Duration.ofMillis(10))
				.until(() -> this.queue
					.is("clock_timestamp() > timestamptz '" + failedAt + "' + interval '" + waited + " ms'"));
		}
		this.queue.awaitIdle();
	}

}
