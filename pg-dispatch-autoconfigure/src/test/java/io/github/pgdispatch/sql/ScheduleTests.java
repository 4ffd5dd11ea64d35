package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.ServerErrorMessage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Each due time of a schedule has one job, and nothing that becomes of a job ends the
 * schedule.
 */
class ScheduleTests extends AbstractQueueTests {

	private Schedules schedules;

	ScheduleTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void prepare() {
		this.schedules = new Schedules(this.queue);
	}

	@Test
	void dueTimeHasOneJob() throws SQLException {
		assertThat(this.schedules.create(this.app, "totals", "1 hour")).isEqualTo("new");
		assertThat(this.app.work().completed()).isZero();
		for (int i = 1; i <= 3; i++) {
			String due = this.schedules.show(this.app, "totals", "next_at");
			this.schedules.letPass("totals", "1 hour");
			this.app.work();
			this.app.work();
			assertThat(this.queue.effects()).hasSize(i);
			assertThat(this.schedules.show(this.app, "totals", "next_at")).isEqualTo(due);
			assertThat(this.schedules.show(this.app, "totals", "state, runs, skipped, running"))
				.isEqualTo("active " + i + " 0 f");
		}
	}

	@Test
	void firstDueTimeMayBeGivenAndLiesInTheGridOfOneThatHasPassed() throws SQLException {
		this.schedules.create(this.app, "at once", "1 hour", "starts_at => now()");
		this.app.work();
		assertThat(this.queue.effects()).containsExactly("at once");
		this.schedules.create(this.app, "later", "1 day", "starts_at => now() + '3 days'");
		assertThat(this.schedules.show(this.app, "later", "round(date_part('epoch', next_at - now()) / 3600)"))
			.isEqualTo("72");
		this.schedules.create(this.app, "long ago", "7 days", "starts_at => '2024-01-01 06:00+00'");
		assertThat(this.schedules.show(this.app, "long ago",
				"to_char(next_at AT TIME ZONE 'UTC', 'FMDay HH24:MI:SS'), next_at > now(), next_at <= now() + '7 days'"))
			.isEqualTo("Monday 06:00:00 t t");
	}

	@Test
	void failureForGoodDoesNotEndTheSchedule() throws SQLException {
		this.app.run("SELECT pgdispatch.schedule('bad', '1 hour', 'SELECT 1/0')");
		for (int i = 1; i <= 3; i++) {
			this.schedules.letPass("bad", "1 hour");
			this.app.work();
			assertThat(this.queue.values("SELECT DISTINCT label || ' ' || sqlstate FROM pgdispatch.dead_letter"))
				.containsExactly("bad 22012");
			assertThat(this.queue.deadLetters()).isEqualTo(i);
		}
		assertThat(this.schedules.show(this.app, "bad", "state, runs")).isEqualTo("active 3");
	}

	@Test
	void jobHasItsOptionsAndTellsItsDueTime() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('slow')",
				"""
						SELECT pgdispatch.schedule('x', '1 hour', 'SELECT 1/0', missed => 'once', max_attempts => 5,
						    back_off => '2 hours', max_back_off => '3 hours', queue => 'slow', priority => 30, label => 'other')""");
		this.schedules.letPass("x", "1 hour");
		this.app.work();
		assertThat(this.app
			.value("""
					SELECT concat_ws(' ', j.label, m.attempts, m.max_attempts, m.back_off, m.queue, m.priority, j.headers ->> 'schedule',
					           (j.headers ->> 'schedule-due-at')::timestamptz = s.last_at)
					  FROM pgdispatch.schedules() AS s
					  JOIN pgdispatch.managed_job AS m ON m.id = s.last_job
					  JOIN pgdispatch.job AS j ON j.id = m.id"""))
			.isEqualTo("other 1 5 02:00:00 slow 30 x t");
	}

	@ParameterizedTest
	@ValueSource(strings = { "schedule('x', '1 hour', 'SELECT 1/0'", "schedule_handler('x', '1 hour', 'h'" })
	void jobHasItsFairKey(String call) throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('fair', concurrency => 2, per_key => 1)",
				"SELECT pgdispatch." + call + ", max_attempts => 2, queue => 'fair', fair_key => 'acme')");
		this.schedules.letPass("x", "1 hour");
		this.app.work();
		assertThat(this.app.value("""
				SELECT concat_ws(' ', m.queue, m.fair_key)
				  FROM pgdispatch.schedules() AS s JOIN pgdispatch.managed_job AS m ON m.id = s.last_job"""))
			.isEqualTo("fair acme");
		assertThat(this.app.error("SELECT pgdispatch." + call + ", fair_key => 'acme')").getMessage())
			.contains("fair_key is given without a queue");
	}

	@ParameterizedTest
	@CsvSource({ "skip, 3 hours 30 minutes, 0, 3, missed", "skip, 3 hours 5 seconds, 1, 2, missed",
			"once, 3 hours 30 minutes, 1, 2, missed", "once, 1 hour 30 minutes, 1, 0, never",
			"all, 3 hours 30 minutes, 3, 0, never" })
	void missedDueTimes(String missed, String time, int runs, int skipped, String reason) throws SQLException {
		this.schedules.create(this.app, "x", "1 hour", "missed => '" + missed + "'");
		this.schedules.letPass("x", time);
		assertThat(this.schedules.show(this.app, "x", "state")).isEqualTo("overdue");
		this.app.work();
		assertThat(this.queue.effects()).hasSize(runs);
		assertThat(this.schedules.show(this.app, "x", "state, runs, skipped, coalesce(skip_reason, 'never')"))
			.isEqualTo("active " + runs + " " + skipped + " " + reason);
		assertThat(this.schedules.show(this.app, "x", "next_at > now(), next_at < now() + '1 hour'")).isEqualTo("t t");
	}

	@Test
	void manyMissedDueTimesAreMadeUpForInSeveralTransactions() throws SQLException {
		this.schedules.create(this.app, "x", "1 minute", "missed => 'all'");
		this.schedules.letPass("x", "250 minutes 30 seconds");
		this.app.work("slice => '0'", "prefetch => 1");
		assertThat(this.schedules.show(this.app, "x", "runs")).isEqualTo("100");
		this.app.work();
		assertThat(this.queue.effects()).hasSize(250);
		assertThat(this.queue.value("SELECT count(DISTINCT tick) FROM pgdispatch.schedule")).isEqualTo("1");
		assertThat(this.schedules.show(this.app, "x", "state, runs, skipped")).isEqualTo("active 250 0");
	}

	@ParameterizedTest
	@CsvSource({ "skip, false, 1, 2", "once, false, 1, 2", "skip, true, 3, 0", "all, true, 3, 0", "all, false, 3, 0" })
	void dueTimesWhileAJobRuns(String missed, boolean overlap, int runs, int skipped) throws Exception {
		this.app
			.run("""
					SELECT pgdispatch.schedule('x', '1 hour', 'SELECT pg_advisory_xact_lock_shared(1)', missed => '%s', overlap => %s)"""
				.formatted(missed, overlap));
		this.queue.run("SELECT pg_advisory_lock(1)");
		try (Session first = this.queue.app(); Session second = this.queue.app(); Session third = this.queue.app()) {
			this.schedules.letPass("x", "1 hour");
			FutureTask<Session.Drain> running = Session.async(() -> first.work("prefetch => 1"));
			this.queue.awaitBlocked(first);
			List<Session> more = List.of(second, third);
			for (Session session : more) {
				this.schedules.letPass("x", "1 hour");
				FutureTask<Session.Drain> work = Session.async(() -> session.work("prefetch => 1"));
				if (overlap) {
					this.queue.awaitBlocked(session);
				}
				else {
					work.get();
				}
			}
			assertThat(this.schedules.show(this.app, "x", "runs, skipped, running"))
				.isEqualTo(runs + " " + skipped + " t");
			this.queue.run("SELECT pg_advisory_unlock(1)");
			running.get();
		}
		while (this.app.work().completed() > 0) {
			// Those that had to wait.
		}
		assertThat(this.queue.deadLetters()).isZero();
		assertThat(this.schedules.show(this.app, "x", "running")).isEqualTo("f");
		this.schedules.letPass("x", "1 hour");
		this.app.work();
		assertThat(this.schedules.show(this.app, "x", "runs, skipped")).isEqualTo((runs + 1) + " " + skipped);
	}

	@Test
	void jobThatWaitsForItsNextAttemptIsNotOverlapped() throws SQLException {
		this.app
			.run("SELECT pgdispatch.schedule('x', '1 hour', 'SELECT 1/0', max_attempts => 2, back_off => '3 hours')");
		this.schedules.letPass("x", "1 hour");
		this.app.work();
		this.schedules.letPass("x", "1 hour");
		this.app.work();
		assertThat(this.schedules.show(this.app, "x", "runs, skipped, skip_reason, running"))
			.isEqualTo("1 1 running t");
		assertThat(this.app.value("SELECT pgdispatch.run_schedule('x')")).isNull();
	}

	@Test
	void pausedScheduleHasNothingThatBecomesDue() throws SQLException {
		this.schedules.create(this.app, "x", "1 hour", "missed => 'all'");
		assertThat(this.app.value("SELECT pgdispatch.pause_schedule('x')")).isEqualTo("t");
		assertThat(this.app.value("SELECT pgdispatch.pause_schedule('x')")).isEqualTo("f");
		assertThat(this.queue.jobs()).isZero();
		this.schedules.letPass("x", "100 minutes");
		this.app.work();
		assertThat(this.schedules.show(this.app, "x", "state, coalesce(next_at::text, 'never')"))
			.isEqualTo("paused never");
		assertThat(this.app.value("SELECT pgdispatch.resume_schedule('x')")).isEqualTo("t");
		assertThat(this.app.value("SELECT pgdispatch.resume_schedule('x')")).isEqualTo("f");
		this.app.work();
		assertThat(this.queue.effects()).isEmpty();
		assertThat(this.schedules.show(this.app, "x", "state, round(date_part('epoch', next_at - now()) / 60)"))
			.isEqualTo("active 20");
		this.schedules.letPass("x", "20 minutes");
		this.app.work();
		assertThat(this.queue.effects()).hasSize(1);
	}

	@Test
	void whatIsNotNewChangesNothing() throws SQLException {
		this.schedules.create(this.app, "x", "1 hour", "max_attempts => 3", "time_limit => '90 minutes'");
		long tick = this.schedules.tick("x");
		this.app.run("SET intervalstyle = 'iso_8601'", "SET timezone = 'Asia/Tokyo'");
		assertThat(this.schedules.create(this.app, "x", "60 minutes", "max_attempts => 3", "time_limit => '1.5 hours'"))
			.isEqualTo("unchanged");
		assertThat(this.schedules.tick("x")).isEqualTo(tick);
		assertThat(this.queue.jobs()).isOne();
	}

	@Test
	void changeOfTheIntervalBeginsAnewAndAnyOtherOneKeepsTheDueTime() throws SQLException {
		this.schedules.create(this.app, "x", "1 hour");
		long tick = this.schedules.tick("x");
		assertThat(this.app.value("SELECT pgdispatch.schedule('x', '1 hour', 'SELECT 2')")).isEqualTo("changed");
		assertThat(this.schedules.tick("x")).isEqualTo(tick);
		assertThat(this.app.value("SELECT pgdispatch.schedule('x', '2 hours', 'SELECT 2')")).isEqualTo("changed");
		assertThat(this.schedules.tick("x")).isNotEqualTo(tick);
		assertThat(this.queue.jobs()).isOne();
		assertThat(this.schedules.show(this.app, "x", "every, round(date_part('epoch', next_at - now()) / 60)"))
			.isEqualTo("02:00:00 120");
		this.schedules.letPass("x", "2 hours");
		this.app.work();
		assertThat(this.schedules.show(this.app, "x", "runs")).isEqualTo("1");
	}

	@Test
	void changeOfAPausedScheduleLeavesItPaused() throws SQLException {
		this.schedules.create(this.app, "x", "1 hour");
		this.app.run("SELECT pgdispatch.pause_schedule('x')");
		this.schedules.create(this.app, "x", "2 hours");
		assertThat(this.schedules.show(this.app, "x", "state, every")).isEqualTo("paused 02:00:00");
		assertThat(this.queue.jobs()).isZero();
	}

	@Test
	void removedScheduleLeavesNothing() throws SQLException {
		this.schedules.create(this.app, "x", "1 hour");
		assertThat(this.app.value("SELECT pgdispatch.unschedule('x')")).isEqualTo("t");
		assertThat(this.app.value("SELECT pgdispatch.unschedule('x')")).isEqualTo("f");
		assertThat(this.queue.jobs()).isZero();
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.managed_job")).isEqualTo("0");
		assertThat(this.schedules.create(this.app, "x", "1 hour")).isEqualTo("new");
	}

	@Test
	void changeThatIsRolledBackIsNone() throws SQLException {
		this.schedules.create(this.app, "x", "1 hour");
		this.app.run("BEGIN", "SELECT pgdispatch.unschedule('x')", "ROLLBACK");
		this.app.run("BEGIN", "SELECT pgdispatch.pause_schedule('x')", "ROLLBACK");
		this.app.run("BEGIN", "SELECT pgdispatch.schedule('y', '1 hour', 'SELECT 1')", "ROLLBACK");
		this.schedules.letPass("x", "1 hour");
		this.app.work();
		assertThat(this.queue.effects()).hasSize(1);
		assertThat(this.app.values("SELECT name FROM pgdispatch.schedules()")).containsExactly("x");
	}

	@Test
	void tickDoesNotWaitForATransactionThatStaysOpen() throws SQLException {
		this.schedules.create(this.app, "x", "1 hour");
		this.schedules.letPass("x", "1 hour");
		this.app.fire(Queue.effect("other"));
		try (Session open = this.queue.app()) {
			open.run("BEGIN", "SELECT pgdispatch.run_schedule('x')");
			this.app.work();
			assertThat(this.queue.effects()).containsExactly("other");
			open.run("ROLLBACK");
		}
		this.app.run("SELECT pgdispatch.run_now(" + this.schedules.tick("x") + ")");
		this.app.work();
		assertThat(this.queue.effects()).containsExactly("other", "x");
	}

	@Test
	void tickThatIsPastTheChangeOfItsScheduleDoesNothing() throws Exception {
		this.schedules.create(this.app, "x", "1 hour");
		long tick = this.schedules.tick("x");
		this.schedules.create(this.app, "x", "2 hours");
		this.app.run("SELECT pgdispatch.tick('x', " + tick + ")", "SELECT pgdispatch.tick('y', " + tick + ")");
		this.app.run("SELECT pgdispatch.pause_schedule('x')", "SELECT pgdispatch.tick('x', " + tick + ")");
		assertThat(this.schedules.show(this.app, "x", "runs, skipped")).isEqualTo("0 0");
		assertThat(this.queue.jobs()).isZero();
	}

	@Test
	void tickThatSomebodyMakesDueEarlyWaitsAgain() throws SQLException {
		this.schedules.create(this.app, "x", "1 hour");
		String due = this.schedules.show(this.app, "x", "next_at");
		this.app.run("SELECT pgdispatch.run_now(" + this.schedules.tick("x") + ")");
		this.app.work();
		assertThat(this.queue.effects()).isEmpty();
		assertThat(this.schedules.show(this.app, "x", "next_at")).isEqualTo(due);
		assertThat(this.queue.value("SELECT due_at FROM pgdispatch.job")).isEqualTo(due);
	}

	@Test
	void runNowIsBesideTheDueTimes() throws SQLException {
		this.schedules.create(this.app, "x", "1 hour");
		this.app.run("SELECT pgdispatch.pause_schedule('x')");
		String id = this.app.value("SELECT pgdispatch.run_schedule('x')");
		assertThat(this.schedules.show(this.app, "x", "last_job, running, runs")).isEqualTo(id + " t 1");
		assertThat(this.app.value("SELECT pgdispatch.run_schedule('x')")).isNull();
		this.app.work();
		assertThat(this.queue.effects()).containsExactly("x");
		assertThat(this.schedules.show(this.app, "x", "state, running")).isEqualTo("paused f");
	}

	@Test
	void jobThatIsRefusedIsToldAndDoesNotEndTheSchedule() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('slow')");
		this.schedules.create(this.app, "x", "1 hour", "queue => 'slow'");
		this.app.run("SELECT pgdispatch.drop_queue('slow')");
		this.app.work();
		this.schedules.letPass("x", "1 hour");
		this.app.work();
		assertThat(this.schedules.show(this.app, "x", "runs, skipped, skip_reason, sqlstate, message"))
			.isEqualTo("0 1 refused 22023 pgdispatch: there is no queue slow");
		this.app.run("SELECT pgdispatch.set_queue('slow')");
		this.schedules.letPass("x", "1 hour");
		this.app.work();
		assertThat(this.queue.effects()).hasSize(1);
		assertThat(this.schedules.show(this.app, "x", "runs, skipped, coalesce(message, 'none')"))
			.isEqualTo("1 1 none");
	}

	@ParameterizedTest
	@ValueSource(strings = { "cancel", "dead letter" })
	void lostTickIsReplaced(String loss) throws SQLException {
		this.schedules.create(this.app, "x", "1 hour");
		long tick = this.schedules.tick("x");
		if (loss.equals("cancel")) {
			this.app.run("SELECT pgdispatch.cancel(" + tick + ")");
		}
		else {
			this.queue.run("UPDATE pgdispatch.job SET command = 'SELECT nothing'");
			this.schedules.letPass("x", "1 hour");
			this.app.work();
			assertThat(this.queue.deadLetters()).isOne();
		}
		this.app.run("SELECT pgdispatch.poll_queue(100, false)");
		assertThat(this.schedules.tick("x")).isNotEqualTo(tick);
		assertThat(this.queue.jobs()).isOne();
		try (Session another = this.queue.app()) {
			another.run("SELECT pgdispatch.poll_queue(100, false)");
		}
		assertThat(this.queue.jobs()).isOne();
		this.schedules.letPass("x", "1 hour");
		this.app.work();
		assertThat(this.schedules.show(this.app, "x", "state")).isEqualTo("active");
	}

	@Test
	void scheduleThatIsMadeAgainGetsTheTickThatItHasLost() throws SQLException {
		this.schedules.create(this.app, "x", "1 hour");
		this.app.run("SELECT pgdispatch.cancel(" + this.schedules.tick("x") + ")");
		assertThat(this.schedules.create(this.app, "x", "1 hour")).isEqualTo("unchanged");
		assertThat(this.queue.jobs()).isOne();
	}

	@ParameterizedTest
	@ValueSource(strings = { "REPEATABLE READ", "SERIALIZABLE" })
	void transactionsOfEachIsolationLevelChangeWhatTheySee(String level) throws SQLException {
		this.app.run("BEGIN ISOLATION LEVEL " + level);
		assertThat(this.schedules.create(this.app, "x", "1 hour")).isEqualTo("new");
		this.app.run("COMMIT", "BEGIN ISOLATION LEVEL " + level, "SELECT 1 FROM pgdispatch.schedule");
		try (Session other = this.queue.app()) {
			this.schedules.letPass("x", "1 hour");
			other.work();
			this.schedules.create(other, "y", "1 hour");
		}
		assertThat(this.app.error("SELECT pgdispatch.pause_schedule('x')").getSQLState()).isEqualTo("40001");
		this.app.run("ROLLBACK", "BEGIN ISOLATION LEVEL " + level);
		this.app.run("SELECT pgdispatch.pause_schedule('x'), pgdispatch.unschedule('y')");
		this.app.run("COMMIT");
		this.schedules.letPass("x", "1 hour");
		this.app.work();
		assertThat(this.queue.effects()).containsExactly("x");
		assertThat(this.schedules.show(this.app, "x", "state, runs")).isEqualTo("paused 1");
	}

	@Test
	void scheduleThatTwoTransactionsMakeAtOnceIsMadeOnce() throws Exception {
		try (Session other = this.queue.app()) {
			this.app.run("BEGIN");
			this.schedules.create(this.app, "x", "1 hour");
			FutureTask<String> second = Session.async(() -> this.schedules.create(other, "x", "1 hour"));
			this.queue.awaitBlocked(other);
			this.app.run("COMMIT");
			assertThat(second.get()).isEqualTo("unchanged");
		}
		assertThat(this.queue.jobs()).isOne();
	}

	@Test
	void otherRolesSeeAndChangeNothing() throws SQLException {
		this.schedules.create(this.app, "x", "1 hour");
		String role = this.queue.createRole("LOGIN");
		this.queue.grantTo(role);
		try (Session other = this.queue.session(role)) {
			assertThat(other.values("SELECT name FROM pgdispatch.schedules()")).isEmpty();
			assertThat(other.values("SELECT name FROM pgdispatch.schedule")).isEmpty();
			assertThat(other.value("SELECT pgdispatch.unschedule('x')")).isEqualTo("f");
			for (String function : List.of("pause_schedule", "resume_schedule", "run_schedule")) {
				assertThat(other.error("SELECT pgdispatch." + function + "('x')").getSQLState()).isEqualTo("42704");
			}
			assertThat(other
				.error("""
						INSERT INTO pgdispatch.schedule (role, name, every, command, options, missed, overlap, paused, runs, skipped)
						VALUES ('app', 'y', '1 hour', 'SELECT 1', '{}', 'skip', false, false, 0, 0)""")
				.getSQLState()).isEqualTo("42501");
			assertThat(other.value("SELECT pgdispatch.schedule('x', '1 day', 'SELECT 1')")).isEqualTo("new");
			other.run("SELECT pgdispatch.tick('x', "
					+ this.queue.value("SELECT tick FROM pgdispatch.schedule WHERE role = 'app'::regrole") + ")");
		}
		this.queue.run("CALL pgdispatch.revoke_from('" + role + "')", "DROP ROLE " + role);
		assertThat(this.schedules.show(this.app, "x", "every, runs")).isEqualTo("01:00:00 0");
	}

	@Test
	void statusTellsOfSchedules() throws SQLException {
		this.schedules.create(this.app, "late", "1 hour");
		this.schedules.letPass("late", "90 minutes");
		this.schedules.create(this.app, "paused", "1 hour");
		this.app.run("SELECT pgdispatch.pause_schedule('paused')");
		this.schedules.create(this.app, "well", "1 hour");
		String status = """
				SELECT concat_ws(' ', name, state, count, coalesce(date_trunc('minute', oldest)::text, 'in time'))
				  FROM pgdispatch.status() WHERE kind = 'schedule' ORDER BY name""";
		List<String> expected = List.of("late overdue 0 00:30:00", "paused paused 0 in time", "well active 0 in time");
		assertThat(this.app.values(status)).isEqualTo(expected);
		String role = this.queue.createRole("LOGIN");
		this.queue.run("CALL pgdispatch.grant_monitoring_to('" + role + "')");
		try (Session monitoring = this.queue.session(role)) {
			assertThat(monitoring.values(status)).isEqualTo(expected);
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"',
			value = { "NULL, '1 hour', 'SELECT 1' | 22004 | name", "'x', NULL, 'SELECT 1' | 22004 | interval",
					"'x', '1 hour', NULL | 22004 | command", "' ', '1 hour', 'SELECT 1' | 22023 | name",
					"repeat('x', 901), '1 hour', 'SELECT 1' | 22023 | name", "'x', '1 hour', ' ' | 22023 | command",
					"'x', '1 month', 'SELECT 1' | 22023 | month", "'x', '0.9 seconds', 'SELECT 1' | 22023 | interval",
					"'x', '-1 hours', 'SELECT 1' | 22023 | interval", "'x', '4000 days', 'SELECT 1' | 22023 | interval",
					"'x', '1 hour', 'SELECT 1', starts_at => 'infinity' | 22023 | starts",
					"'x', '1 hour', 'SELECT 1', missed => 'never' | 22023 | missed",
					"'x', '1 hour', 'SELECT 1', missed => NULL | 22023 | missed",
					"'x', '1 hour', 'SELECT 1', overlap => NULL | 22023 | overlap",
					"'x', '1 hour', 'SELECT 1', queue => 'none' | 22023 | queue",
					"'x', '1 hour', 'SELECT 1', max_attempts => 0 | 22023 | max_attempts",
					"'x', '1 hour', 'SELECT 1', label => '' | 22023 | label",
					"'x', '1 hour', 'SELECT 1', on_failure => 'pass' | 22023 | ordering" })
	void whatCannotBeIsRefused(String arguments, String state, String message) throws SQLException {
		ServerErrorMessage error = this.app.error("SELECT pgdispatch.schedule(" + arguments + ")");
		assertThat(error.getSQLState()).isEqualTo(state);
		assertThat(error.getMessage()).startsWith("pgdispatch: ").contains(message);
		assertThat(error.getHint()).isNotBlank();
	}

	@Test
	void schedulesThatAreNotThereAreRefused() {
		for (String function : List.of("pause_schedule", "resume_schedule", "run_schedule")) {
			assertThat(this.app.error("SELECT pgdispatch." + function + "('none')").getHint()).contains("schedules()");
		}
		assertThat(
				this.app.error("BEGIN READ ONLY; SELECT pgdispatch.schedule('x', '1 hour', 'SELECT 1')").getSQLState())
			.isEqualTo("25006");
	}

	@Test
	void handlerIsCalledAgainAndAgain() throws SQLException {
		Node node = new Node(this.app);
		this.app
			.run("SELECT pgdispatch.schedule_handler('x', '1 hour', 'bank.poll', '{\"bank\": 7}', max_attempts => 3)");
		for (int i = 1; i <= 2; i++) {
			this.schedules.letPass("x", "1 hour");
			this.app.work();
			assertThat(this.app.value("SELECT arguments ->> 'bank' FROM pgdispatch.handler_job")).isEqualTo("7");
			List<Node.Job> jobs = node.claim(10, "bank.poll");
			assertThat(jobs).hasSize(1);
			assertThat(this.schedules.show(this.app, "x", "handler, running, runs")).isEqualTo("bank.poll t " + i);
			node.complete(jobs);
			assertThat(this.schedules.show(this.app, "x", "running")).isEqualTo("f");
		}
	}

	@Test
	void cronExpressionIsTickedByNodes() throws SQLException {
		String put = """
				SELECT pgdispatch.put_schedule('x', NULL, '0 0 6 * * *', 'Europe/Berlin', NULL, $$%s$$, NULL, NULL, '{}', 'skip', false)"""
			.formatted(Queue.effect("x"));
		assertThat(this.app.value(put)).isEqualTo("new");
		assertThat(this.app.value(put)).isEqualTo("unchanged");
		assertThat(this.schedules.show(this.app, "x", "state, coalesce(next_at::text, 'unknown')"))
			.isEqualTo("active unknown");
		Node node = new Node(this.app);
		long first = this.schedules.tick("x");
		advance(node, first, "'{}', 0, now() + '1 hour'");
		assertThat(this.queue.effects()).isEmpty();
		this.schedules.letPass("x", "1 hour");
		long second = this.schedules.tick("x");
		assertThat(second).isNotEqualTo(first);
		String dueNow = "ARRAY[now()], 1, now() + '1 day'";
		advance(node, second, dueNow);
		this.app.run("SELECT pgdispatch.advance_schedule('x', %d, %s)".formatted(second, dueNow),
				"SELECT pgdispatch.advance_schedule('x', %d, %s)".formatted(first, dueNow));
		this.app.work();
		assertThat(this.queue.effects()).containsExactly("x");
		this.schedules.letPass("x", "1 day");
		advance(node, this.schedules.tick("x"), "ARRAY[now()], 1, NULL");
		assertThat(this.schedules.show(this.app, "x", "state, coalesce(next_at::text, 'never'), runs"))
			.isEqualTo("ended never 2");
		this.app.run("SELECT pgdispatch.repair_schedules()");
		assertThat(this.schedules.tick("x")).isZero();
	}

	private void advance(Node node, long tick, String arguments) throws SQLException {
		List<Node.Job> jobs = node.claim(10, "pgdispatch.schedule");
		assertThat(jobs).extracting(Node.Job::id).containsExactly(tick);
		this.app.run("SELECT pgdispatch.advance_schedule('x', %d, %s)".formatted(tick, arguments));
		node.complete(jobs);
	}

	@Test
	void deploymentChangesOnlyWhatItSaysAnew() throws SQLException {
		assertThat(declare("1 hour")).isEqualTo("new");
		assertThat(declare("1 hour")).isEqualTo("unchanged");
		this.schedules.create(this.app, "x", "7 hours");
		assertThat(declare("1 hour")).isEqualTo("unchanged");
		assertThat(this.schedules.show(this.app, "x", "every, declared")).isEqualTo("07:00:00 t");
		assertThat(declare("2 hours")).isEqualTo("changed");
		assertThat(declare("1 hour")).isEqualTo("changed back");
		assertThat(declare("3 hours")).isEqualTo("changed");
		assertThat(this.schedules.show(this.app, "x", "every, declared")).isEqualTo("03:00:00 t");
		assertThat(this.queue.jobs()).isOne();
	}

	private String declare(String every) throws SQLException {
		return this.app
			.value("""
					SELECT pgdispatch.put_schedule('x', '%s', NULL, NULL, NULL, 'SELECT 1', NULL, NULL, '{}', 'skip', false, true)"""
				.formatted(every));
	}

	@Test
	void workersThatAreKilledNeitherMissNorDoubleADueTime() throws Exception {
		int dueTimes = 60;
		this.schedules.create(this.app, "x", "1 hour", "overlap => true");
		List<FutureTask<Integer>> workers = new ArrayList<>();
		AtomicBoolean over = new AtomicBoolean();
		for (int i = 0; i < 3; i++) {
			workers.add(Session.async(() -> workUntil(over)));
		}
		for (int i = 1; i <= dueTimes; i++) {
			this.schedules.letPass("x", "1 hour");
			if (i % 3 == 0) {
				this.queue.run("""
						SELECT pg_terminate_backend(pid) FROM pg_stat_activity
						 WHERE application_name = 'victim' AND random() < 0.5""");
			}
			int expected = i;
			await().pollDelay(Duration.ZERO)
				.pollInterval(Duration.ofMillis(5))
				.until(() -> this.queue.effects().size() >= expected);
		}
		over.set(true);
		for (FutureTask<Integer> worker : workers) {
			worker.get();
		}
		this.app.work();
		assertThat(this.queue.effects()).hasSize(dueTimes);
		assertThat(this.schedules.show(this.app, "x", "runs, skipped")).isEqualTo(dueTimes + " 0");
		assertThat(this.queue.deadLetters()).isZero();
	}

	private int workUntil(AtomicBoolean over) throws SQLException {
		int lost = 0;
		while (!over.get()) {
			try (Session worker = this.queue.app()) {
				worker.run("SET application_name = 'victim'");
				while (!over.get()) {
					worker.work();
					worker.run("SELECT pg_sleep(0.002)");
				}
			}
			catch (SQLException ex) {
				lost++;
			}
		}
		return lost;
	}

}
