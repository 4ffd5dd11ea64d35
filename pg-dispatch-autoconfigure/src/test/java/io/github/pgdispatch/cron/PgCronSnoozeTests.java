package io.github.pgdispatch.cron;

import java.time.Duration;
import java.time.OffsetDateTime;

import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Snoozed jobs are met on time, however long they are snoozed, and hold nothing until
 * then.
 */
@PgCronTest
@Execution(ExecutionMode.CONCURRENT)
class PgCronSnoozeTests {

	private final PgCronServer server;

	private final CronQueue queue;

	PgCronSnoozeTests(PgCronServer server) {
		this.server = server;
		this.queue = new CronQueue(server.database());
	}

	@BeforeEach
	void prepare() {
		this.queue.prepare();
	}

	@ParameterizedTest
	@ValueSource(strings = { "0", "5 seconds" })
	void dueTimeIsMetToTheSecond(String linger) {
		OffsetDateTime dueAt = this.queue.lingering(linger).snooze(CronQueue.effect("snoozed"), "8 seconds");
		assertThat(this.queue.awaitLateness(dueAt)).isBetween(Duration.ZERO, Duration.ofSeconds(1));
		this.queue.awaitIdle();
	}

	@Test
	void snoozedJobDoesNotRunAnythingBeforehand() {
		OffsetDateTime dueAt = this.queue.lingering("0").snooze(CronQueue.effect("snoozed"), "10 seconds");
		awaitAsleep();
		assertThat(this.queue.count("cron.job_run_details")).isZero();
		assertThat(this.queue.awaitLateness(dueAt)).isLessThan(Duration.ofSeconds(1));
	}

	@Test
	void jobSnoozedForYearsHoldsTwoCronJobsThatDoNotRun() {
		this.queue.lingering("0").snooze(CronQueue.effect("snoozed"), "3 years 2 months 1 day");
		awaitAsleep();
		assertThat(this.queue.count("cron.job")).isEqualTo(2);
		assertThat(this.queue.value("schedule FROM cron.job WHERE schedule <> '@reboot'", String.class))
			.isEqualTo(this.queue.value(
					"""
							to_char(date_trunc('minute', due_at - interval '1 second') AT TIME ZONE 'GMT', 'FMMI FMHH24 FMDD FMMM *')
							  FROM pgdispatch.job""",
					String.class));
	}

	@Test
	void lingeringWorkerStartsASnoozedJobWhenItFallsDue() {
		this.queue.lingering("1 hour").fire("SELECT 1");
		await().atMost(Duration.ofSeconds(20)).until(() -> this.queue.count("pgdispatch.job") == 0);
		OffsetDateTime dueAt = this.queue.snooze(CronQueue.effect("snoozed"), "3 seconds");
		assertThat(this.queue.awaitLateness(dueAt)).isBetween(Duration.ZERO, Duration.ofMillis(500));
	}

	@Test
	void earlierJobMovesTheAlarm() {
		this.queue.lingering("0").snooze(CronQueue.effect("late"), "1 hour");
		awaitAsleep();
		OffsetDateTime dueAt = this.queue.snooze(CronQueue.effect("early"), "9 seconds");
		assertThat(this.queue.awaitLateness(dueAt)).isLessThan(Duration.ofSeconds(1));
		awaitAsleep();
		assertThat(this.queue.count("cron.job")).isEqualTo(2);
	}

	@Test
	void jobThatFellDueWhileTheServerWasDownRunsOnceItIsUp() {
		OffsetDateTime dueAt = this.queue.lingering("0").snooze(CronQueue.effect("snoozed"), "6 seconds");
		awaitAsleep();
		this.server.stopImmediately();
		await().until(() -> OffsetDateTime.now().isAfter(dueAt.plusSeconds(1)));
		this.server.startAgain();
		this.queue.awaitEffects(1);
		this.queue.awaitIdle();
	}

	/**
	 * Beyond two minutes, pg_cron is given a minute of the clock, from which the seconds
	 * are counted then.
	 */
	@Test
	void amongAMillionTheFirstIsMetToTheSecondAndPgCronIsIdleUntilThen() {
		this.queue.run("""
				INSERT INTO pgdispatch.job (role, due_at, command)
				SELECT 'app', now() + interval '1 hour' + i * interval '1 second', 'SELECT 1'
				  FROM generate_series(1, 1000000) AS i""");
		OffsetDateTime dueAt = this.queue.snooze(CronQueue.effect("snoozed"), "140 seconds");
		awaitAsleep();
		int runs = this.queue.value("last_value FROM cron.runid_seq", Integer.class);
		assertThat(this.queue.count("cron.job")).isEqualTo(2);
		await().atMost(Duration.ofMinutes(3)).until(() -> !this.queue.effects().isEmpty());
		assertThat(this.queue.awaitLateness(dueAt)).isLessThan(Duration.ofSeconds(1));
		assertThat(this.queue.value("last_value FROM cron.runid_seq", Integer.class)).isBetween(runs + 1, runs + 3);
		awaitAsleep();
		assertThat(this.queue.count("pgdispatch.job")).isEqualTo(1_000_000);
	}

	private void awaitAsleep() {
		await().atMost(Duration.ofSeconds(20))
			.until(() -> this.queue.workersRunning() == 0
					&& this.queue.count("pgdispatch.cron_worker WHERE purpose = 'work'") == 0);
	}

}
