package io.github.pgdispatch.cron;

import java.time.Duration;
import java.time.OffsetDateTime;

import io.github.pgdispatch.test.Attempts;
import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.Session;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * How soon pg_cron's workers come, and at which pace they drain the queue. No other test
 * of the class runs meanwhile.
 */
@PgCronTest("cron.max_running_jobs=40")
class PgCronPaceTests {

	private final CronQueue queue;

	PgCronPaceTests(PgCronServer server) {
		this.queue = new CronQueue(server.database());
	}

	@BeforeEach
	void prepare() {
		this.queue.prepare();
	}

	/**
	 * A second or two of pg_cron's, and the time to connect. (On a quiet machine they are
	 * all running within three seconds.)
	 */
	@Test
	void slowJobsRunSideBySideSoonAfterTheCommit() throws Exception {
		Duration soon = Duration.ofSeconds(5);
		assertThat(Attempts.shortest(soon, () -> {
			this.queue.prepare().lingering("0");
			OffsetDateTime committedAt;
			try (Session gate = this.queue.closeGate()) {
				this.queue.withWorkers(32).fire(CronQueue.held("slow"), 32);
				committedAt = this.queue.value("clock_timestamp()", OffsetDateTime.class);
				await().until(() -> {
					assertThat(this.queue.count("cron.job")).isLessThanOrEqualTo(32);
					assertThat(this.queue.workersRunning()).isLessThanOrEqualTo(32);
					return this.queue.jobsAtTheGate() == 32;
				});
			}
			this.queue.awaitEffects(32);
			assertThat(this.queue.value("count(DISTINCT pid) FROM effect", Integer.class)).isEqualTo(32);
			return Duration.between(committedAt, this.queue.value("max(at) FROM effect", OffsetDateTime.class));
		})).isLessThanOrEqualTo(soon);
		this.queue.awaitIdle();
	}

	@Test
	void streamOfQuickJobsIsDrainedByOneAtATime() {
		int jobs = 2_000;
		this.queue.asApp("""
				DO $$
				BEGIN
					FOR i IN 1 .. %d LOOP
						PERFORM pgdispatch.fire('%s');
						COMMIT;
						PERFORM pg_sleep(0.001);
						COMMIT;
					END LOOP;
				END
				$$""".formatted(jobs, CronQueue.effect("quick").replace("'", "''")));
		this.queue.awaitEffects(jobs);
		assertThat(this.queue.value("""
				count(*)
				  FROM (SELECT pid <> lag(pid) OVER (ORDER BY at) AS another FROM effect) AS effect
				 WHERE another""", Integer.class)).isLessThan(jobs / 5);
		this.queue.awaitIdle();
	}

	@Test
	void burstOfQuickJobsIsDrainedInChunks() {
		int jobs = 10_000;
		this.queue.lingering("0").fire(CronQueue.effect("quick"), jobs);
		this.queue.awaitEffects(jobs);
		assertThat(this.queue.value("count(DISTINCT (pid, started_at)) FROM effect", Integer.class))
			.isLessThan(jobs / 4);
		this.queue.awaitIdle();
	}

	/**
	 * One cron job a dispatch comes to a standstill with so many.
	 */
	@Test
	void tensOfThousandsWaitingAreDrainedAtTheRateOfAThousand() throws Exception {
		Duration atHalfTheRate = timeToDrain(1_000).multipliedBy(2 * 31);
		assertThat(Attempts.shortest(atHalfTheRate, () -> timeToDrain(31_000))).isLessThanOrEqualTo(atHalfTheRate);
	}

	private Duration timeToDrain(int jobs) {
		this.queue.prepare().lingering("0").fire(CronQueue.effect("quick"), jobs);
		this.queue.awaitEffects(jobs);
		OffsetDateTime first = this.queue.value("min(at) FROM effect", OffsetDateTime.class);
		OffsetDateTime last = this.queue.value("max(at) FROM effect", OffsetDateTime.class);
		this.queue.awaitIdle();
		return Duration.between(first, last);
	}

}
