package io.github.pgdispatch.cron;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.pgdispatch.test.Attempts;
import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
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
@TestMethodOrder(OrderAnnotation.class)
class PgCronSnoozeTests {

	private static final Duration SECOND = Duration.ofSeconds(1);

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
	void dueTimeIsMetToTheSecond(String linger) throws Exception {
		assertThat(Attempts.shortest(SECOND, () -> {
			prepare();
			OffsetDateTime dueAt = this.queue.lingering(linger).snooze(CronQueue.effect("snoozed"), "8 seconds");
			Duration lateness = this.queue.awaitLateness(dueAt);
			this.queue.awaitIdle();
			return lateness;
		})).isLessThanOrEqualTo(SECOND);
	}

	@Test
	void snoozedJobDoesNotRunAnythingBeforehand() throws Exception {
		assertThat(Attempts.shortest(SECOND, () -> {
			prepare();
			OffsetDateTime dueAt = this.queue.lingering("0").snooze(CronQueue.effect("snoozed"), "10 seconds");
			awaitAsleep();
			assertThat(
					this.queue.count("cron.job_run_details WHERE start_time < '%s'::timestamptz - interval '5 seconds'"
						.formatted(dueAt)))
				.isZero();
			return this.queue.awaitLateness(dueAt);
		})).isLessThanOrEqualTo(SECOND);
	}

	/**
	 * These are the checks of pg_dispatch 0.1.
	 */
	@Test
	void jobSnoozedForSecondsIsOneCronJobThatDoesNotRunBeforehand() throws Exception {
		Duration sevenSeconds = Duration.ofSeconds(7);
		assertThat(Attempts.shortest(sevenSeconds, () -> {
			prepare();
			this.queue.lingering("0").snooze(CronQueue.effect("snoozed"), "5 seconds");
			Instant committedAt = Instant.now();
			AtomicBoolean early = new AtomicBoolean();
			await().pollInterval(Duration.ofMillis(20)).until(() -> {
				boolean done = this.queue.count("pgdispatch.job") == 0;
				assertThat(this.queue.count("cron.job")).isLessThanOrEqualTo(1);
				if (!done && Duration.between(committedAt, Instant.now()).toMillis() / 100 == 30) {
					assertThat(this.queue.count("cron.job")).isEqualTo(1);
					early.set(early.get() || this.queue.count("cron.job_run_details") > 0);
				}
				return done;
			});
			this.queue.awaitIdle();
			return early.get() ? Duration.ofHours(1) : Duration.between(committedAt, Instant.now());
		})).isLessThanOrEqualTo(sevenSeconds);
		assertThat(this.queue.effects()).containsExactly("snoozed");
	}

	@ParameterizedTest
	@ValueSource(strings = { "50 seconds", "100 seconds" })
	void alarmBySecondsNeedsNoOtherForRestarts(String delay) {
		this.queue.lingering("0").snooze(CronQueue.effect("snoozed"), delay);
		awaitAsleep();
		assertThat(this.queue.count("cron.job")).isEqualTo(1);
		this.queue.snooze(CronQueue.effect("late"), "1 hour");
		awaitAsleep();
		assertThat(this.queue.count("cron.job")).isEqualTo(1);
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
	void lingeringWorkerStartsASnoozedJobWhenItFallsDue() throws Exception {
		Duration half = Duration.ofMillis(500);
		assertThat(Attempts.shortest(half, () -> {
			prepare();
			this.queue.lingering("1 hour").fire("SELECT 1");
			await().until(() -> this.queue.count("pgdispatch.job") == 0);
			OffsetDateTime dueAt = this.queue.snooze(CronQueue.effect("snoozed"), "3 seconds");
			return this.queue.awaitLateness(dueAt);
		})).isLessThanOrEqualTo(half);
	}

	@Test
	void earlierJobMovesTheAlarm() throws Exception {
		assertThat(Attempts.shortest(SECOND, () -> {
			prepare();
			this.queue.lingering("0").snooze(CronQueue.effect("late"), "1 hour");
			awaitAsleep();
			OffsetDateTime dueAt = this.queue.snooze(CronQueue.effect("early"), "9 seconds");
			return this.queue.awaitLateness(dueAt);
		})).isLessThanOrEqualTo(SECOND);
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
	 * are counted then. The test does not wait for all of these minutes.
	 */
	@Test
	@Order(1)
	void amongAMillionTheFirstIsMetToTheSecondAndPgCronIsIdleUntilThen() throws Exception {
		this.queue.run("""
				INSERT INTO pgdispatch.job (role, due_at, command)
				SELECT 'app', now() + interval '1 hour' + i * interval '1 second', 'SELECT 1'
				  FROM generate_series(1, 1000000) AS i""");
		assertThat(Attempts.shortest(SECOND, () -> {
			this.queue.run("TRUNCATE effect");
			this.queue.snooze(CronQueue.effect("snoozed"), this.queue.value("""
					(date_trunc('minute', now() + interval '200 seconds') + interval '8 seconds' - now())::text""",
					String.class));
			awaitAsleep();
			int runs = this.queue.value("last_value FROM cron.runid_seq", Integer.class);
			assertThat(this.queue.count("cron.job")).isEqualTo(2);
			OffsetDateTime dueAt = bringForwardToTheNextMinute();
			await().atMost(Duration.ofMinutes(5)).until(() -> !this.queue.effects().isEmpty());
			assertThat(this.queue.value("last_value FROM cron.runid_seq", Integer.class)).isBetween(runs + 1, runs + 3);
			Duration lateness = this.queue.awaitLateness(dueAt);
			awaitAsleep();
			return lateness;
		})).isLessThanOrEqualTo(SECOND);
		assertThat(this.queue.count("pgdispatch.job")).isEqualTo(1_000_000);
	}

	/**
	 * Moves the first job and its alarm by the same number of minutes, as if they had
	 * passed: the alarm is for the next minute then.
	 * @return when the job falls due
	 */
	private OffsetDateTime bringForwardToTheNextMinute() {
		this.queue.run("""
				DO $$
				DECLARE
					alarm pgdispatch.cron_worker := (SELECT w FROM pgdispatch.cron_worker AS w WHERE purpose = 'alarm');
					-- pg_cron has to learn of it before that minute.
					next_minute timestamptz := date_trunc('minute', clock_timestamp() + interval '65 seconds');
				BEGIN
					ASSERT alarm.wakes_at > next_minute;
					UPDATE pgdispatch.job
					   SET due_at = due_at - (alarm.wakes_at - next_minute)
					 WHERE id = (SELECT id FROM pgdispatch.job ORDER BY due_at LIMIT 1);
					UPDATE pgdispatch.cron_worker SET wakes_at = next_minute WHERE id = alarm.id;
					UPDATE cron.job
					   SET schedule = pgdispatch.cron_schedule_at(next_minute)
					 WHERE jobname = pgdispatch.cron_name(alarm.id)
					   AND schedule = pgdispatch.cron_schedule_at(alarm.wakes_at);
					ASSERT FOUND;
				END
				$$""");
		return this.queue.value("min(due_at) FROM pgdispatch.job", OffsetDateTime.class);
	}

	private void awaitAsleep() {
		await().until(() -> this.queue.workersRunning() == 0
				&& this.queue.count("pgdispatch.cron_worker WHERE purpose = 'work'") == 0);
	}

}
