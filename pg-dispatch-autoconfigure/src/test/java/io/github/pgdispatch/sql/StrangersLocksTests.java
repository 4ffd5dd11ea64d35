package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Advisory locks only save work: a role without any privilege that holds all of them, in
 * either mode, stops neither a dispatch nor a job. What it may do to rows is nothing.
 */
class StrangersLocksTests extends AbstractQueueTests {

	private static final String HANG = Queue.effect("undone") + "; SELECT pg_sleep(600)";

	private Session stranger;

	private Session worker;

	StrangersLocksTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void logInAsAStranger() throws SQLException {
		this.stranger = this.queue.session(this.queue.createRole("LOGIN"));
		this.worker = this.queue.app();
	}

	@AfterEach
	void logOutAsAStranger() throws SQLException {
		this.queue.kill(this.worker);
		this.stranger.close();
		this.worker.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "pg_advisory_lock", "pg_advisory_lock_shared" })
	void jobsOfEveryKindAreDispatchedAndRun(String function) throws SQLException {
		holdAllLocks(function);
		this.app.run("SELECT pgdispatch.set_queue('narrow', concurrency => 1)");
		for (int i = 0; i < 3; i++) {
			this.app.fire(Queue.effect("plain"));
			for (String option : new String[] { "key => 'k" + i + "'", "ordering_key => 'o'", "queue => 'narrow'",
					"priority => 5", "time_limit => '1 hour'", "result => 'count'" }) {
				dispatch(Queue.effect(option.substring(0, 5)), option);
			}
		}
		this.worker.work("prefetch => 50");
		this.worker.workAlone();
		this.worker.work("prefetch => -20");
		assertThat(this.queue.effects()).hasSize(21);
		assertThat(this.queue.deadLetters()).isZero();
		assertThat(this.queue.jobs()).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { "pg_advisory_lock", "pg_advisory_lock_shared" })
	void limitsAndKeysHold(String function) throws Exception {
		holdAllLocks(function);
		this.app.run("SELECT pgdispatch.set_queue('narrow', concurrency => 1)");
		dispatch(HANG, "queue => 'narrow'", "ordering_key => 'o'");
		dispatch(Queue.effect("second"), "queue => 'narrow'");
		dispatch(Queue.effect("third"), "ordering_key => 'o'");
		FutureTask<Session.Drain> drain = Session.async(this.worker::work);
		this.queue.awaitTrue("EXISTS (SELECT FROM pgdispatch.managed_job WHERE started_at IS NOT NULL)");
		try (Session other = this.queue.app()) {
			assertThat(other.work().completed()).isZero();
		}
		this.queue.kill(this.worker);
		assertThat(drain).failsWithin(Duration.ofMinutes(1));
		assertThat(this.queue.effects()).isEmpty();
		this.app.run("BEGIN");
		long id = dispatch(Queue.effect("key"), "key => 'k'");
		this.app.run("COMMIT", "BEGIN");
		assertThat(dispatch(Queue.effect("key"), "key => 'k'")).isEqualTo(id);
		try (Session other = this.queue.app()) {
			other.run("DELETE FROM pgdispatch.job WHERE command LIKE '%undone%'");
			other.work();
			assertThat(this.queue.effects()).doesNotContain("key");
			this.app.run("COMMIT");
			other.run("SELECT pg_sleep(0.1)");
			this.queue
				.awaitTrue("NOT EXISTS (SELECT FROM pgdispatch.job WHERE due_at > now() AND due_at < 'infinity')");
			other.work();
		}
		assertThat(this.queue.effects()).containsOnlyOnce("key");
	}

	@ParameterizedTest
	@ValueSource(strings = { "pg_advisory_lock", "pg_advisory_lock_shared" })
	void managedJobIsCancelledAndItsTimeLimitEnforced(String function) throws Exception {
		holdAllLocks(function);
		long id = dispatch(HANG, "max_attempts => 1", "time_limit => '1 hour'");
		FutureTask<Session.Drain> drain = Session.async(this.worker::work);
		this.queue.awaitTrue("EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND pid = "
				+ this.worker.pid() + ")");
		assertThat(this.app.value("SELECT pgdispatch.cancel(" + id + ")")).isEqualTo("interrupted");
		assertThat(drain.get().failed()).isZero();
		dispatch(HANG, "time_limit => '1 s'");
		drain = Session.async(this.worker::work);
		this.queue.awaitTrue("EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND pid = "
				+ this.worker.pid() + ")");
		while (!drain.isDone()) {
			this.app.run("SELECT pgdispatch.poll_queue(10, true)", "SELECT pg_sleep(0.05)");
		}
		assertThat(drain.get().failed()).isOne();
		assertThat(this.queue.value("SELECT sqlstate FROM pgdispatch.dead_letter")).isEqualTo("PD001");
		assertThat(this.queue.effects()).isEmpty();
	}

	@Test
	void plainJobIsRunThoughItCannotBeInterrupted() throws Exception {
		holdAllLocks("pg_advisory_lock");
		long id = dispatch(Queue.effect("done"));
		FutureTask<Session.Drain> drain;
		try (Session gate = this.queue.app()) {
			gate.run("BEGIN", "LOCK TABLE public.effect IN EXCLUSIVE MODE");
			drain = Session.async(this.worker::work);
			this.queue.awaitBlocked(this.worker);
			assertThat(this.app.value("SELECT pgdispatch.cancel(" + id + ", '100 ms')")).isEqualTo("interrupting");
		}
		assertThat(drain.get().completed()).isOne();
		assertThat(this.queue.effects()).containsExactly("done");
	}

	@Test
	void nonTransactionalJobRuns() throws SQLException {
		holdAllLocks("pg_advisory_lock");
		dispatch("VACUUM public.effect", "transactional => false");
		this.worker.work();
		assertThat(this.worker.value("SELECT command FROM pgdispatch.begin_non_transactional()")).startsWith("VACUUM");
		assertThat(this.app.value("SELECT pgdispatch.is_non_transactional_due()")).isEqualTo("f");
		this.worker.run("VACUUM public.effect");
		assertThat(this.worker.value(
				"SELECT pgdispatch.end_non_transactional(id, 1) FROM pgdispatch.managed_job WHERE held_by IS NOT NULL"))
			.isEqualTo("done");
	}

	@Test
	void pollsTellWhatIsDue() throws SQLException {
		holdAllLocks("pg_advisory_lock");
		this.app.fire(Queue.effect("due"));
		assertThat(this.worker.value("SELECT due FROM pgdispatch.poll_queue(10, true)")).isEqualTo("1");
		assertThat(this.worker.value("SELECT pgdispatch.has_application('app')")).isEqualTo("f");
	}

	/**
	 * It has no process id, which must not be taken for that of any session.
	 */
	@Test
	void preparedTransactionOfAStrangerIsNoSessionThatRunsAJob() throws SQLException {
		long id = dispatch("SELECT 1", "delay => '1 hour'");
		this.stranger.run("BEGIN",
				"SELECT pg_advisory_xact_lock(pgdispatch_key) FROM (SELECT (1885824124::bigint << 32) | " + id
						+ " AS pgdispatch_key) AS k",
				"PREPARE TRANSACTION 'strangers'");
		assertThat(this.app.value("SELECT pgdispatch.session_running(" + id + ")")).isNull();
		assertThat(this.app.value("SELECT state FROM pgdispatch.find(" + id + ")")).isEqualTo("snoozed");
		this.stranger.run("ROLLBACK PREPARED 'strangers'");
	}

	@Test
	void lockOfThePreparedTransactionOfTheRoleCounts() throws SQLException {
		this.app.run("BEGIN", "SELECT pg_advisory_xact_lock(77)", "PREPARE TRANSACTION 'own'");
		this.stranger.run("BEGIN", "SELECT pg_advisory_xact_lock(78)", "PREPARE TRANSACTION 'strangers'");
		assertThat(this.app.value("SELECT pgdispatch.is_held_by_role(77)")).isEqualTo("t");
		assertThat(this.app.value("SELECT pgdispatch.is_held_by_role(78)")).isEqualTo("f");
		this.app.run("ROLLBACK PREPARED 'own'");
		this.stranger.run("ROLLBACK PREPARED 'strangers'");
	}

	@Test
	void anothersJobIsNeitherLockedNorTold() throws SQLException {
		this.queue.grantTo(this.stranger.value("SELECT current_user"));
		long id = dispatch(Queue.effect("run"), "key => 'k'", "result => 'count'");
		long dead = dispatch("SELECT 1/0");
		this.worker.work("prefetch => 1", "slice => '0'");
		this.stranger.run("BEGIN");
		for (long job : new long[] { id, dead }) {
			assertThat(this.stranger.value("SELECT pgdispatch.cancel(" + job + ")")).isNull();
			assertThat(this.stranger.value("SELECT pgdispatch.retry(" + job + ")")).isEqualTo("f");
			assertThat(this.stranger.values("SELECT pgdispatch.find(" + job + ")")).isEmpty();
			assertThat(this.stranger.values("SELECT pgdispatch.result(" + job + ")")).isEmpty();
		}
		assertThat(
				this.stranger.values("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"))
			.isEmpty();
		this.worker.work();
		assertThat(this.queue.effects()).containsExactly("run");
		assertThat(new ManagedJobs(this.app).retry(dead)).isTrue();
		this.stranger.run("COMMIT");
	}

	private long dispatch(String command, String... options) throws SQLException {
		return new ManagedJobs(this.app).dispatch(command, options);
	}

	/**
	 * Takes the locks of every kind: for the role, for the session of each worker, and
	 * for the next hundred jobs; and those whose key is a hash.
	 */
	private void holdAllLocks(String function) throws SQLException {
		this.stranger.run("""
				SELECT %1$s((upper::bigint << 32) | lower)
				  FROM generate_series(1885824112, 1885824140) AS upper,
				       unnest(ARRAY['app'::regrole::oid::bigint, %2$s, %3$s]
				              || ARRAY(SELECT n FROM generate_series(1, 100) AS g,
				                                     LATERAL (SELECT g + %4$s::bigint AS n) AS l)) AS lower"""
			.formatted(function, this.worker.pid(), this.app.pid(),
					this.queue.value("SELECT last_value FROM pgdispatch.job_id_seq")));
		this.stranger.run("""
				SELECT %s(hashint8extended(n, (1885824123::bigint << 32) | 'app'::regrole::oid::bigint))
				  FROM generate_series(0, 2047) AS n""".formatted(function));
	}

}
