package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A command that runs is cancelled wherever it runs, and what it did is undone.
 */
class CancelRunningTests extends AbstractQueueTests {

	private static final String HANG = Queue.effect("undone") + "; SELECT pg_advisory_xact_lock_shared(1)";

	private ManagedJobs jobs;

	private Session worker;

	CancelRunningTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void prepare() throws SQLException {
		this.jobs = new ManagedJobs(this.app);
		this.worker = this.queue.app();
		this.queue.run("SELECT pg_advisory_lock(1)");
	}

	@AfterEach
	void end() throws SQLException {
		this.worker.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "delay => '0'", "max_attempts => 9", "time_limit => '1 hour'",
			"max_attempts => 9, back_off => '0'", "result => 'count'", "ordering_key => 'a'", "key => 'k'" })
	void jobIsInterruptedAndItsNeighboursAreDone(String option) throws Exception {
		this.app.fire(Queue.effect("before"));
		// After a quick job the worker would take two at once, of which nobody knows
		// which one runs.
		this.app.work();
		long id = this.jobs.dispatch(HANG, option);
		this.app.fire(Queue.effect("after"));
		FutureTask<Session.Drain> drain = Session.async(() -> this.worker.work("prefetch => 1"));
		this.queue.awaitBlocked(this.worker);
		assertThat(this.jobs.state(id)).isEqualTo("running");
		assertThat(this.jobs.cancel(id)).isEqualTo("interrupted");
		assertThat(drain.get().failed()).isZero();
		// Whoever waits for its order is let go by a job of its own.
		this.app.work();
		assertThat(this.queue.effects()).containsExactly("before", "after");
		assertThat(this.queue.deadLetters()).isZero();
		assertThat(this.jobs.leftovers()).isEmpty();
		assertThat(this.jobs.state(id)).isEqualTo(option.startsWith("result") ? "cancelled" : null);
	}

	/**
	 * A driver ends a chunk that takes long. Until then whoever cancels waits.
	 */
	@Test
	void jobInAChunkIsInterruptedOnceItIsAlone() throws Exception {
		this.app.fire(Queue.effect("before"));
		long id = this.jobs.dispatch(HANG);
		this.app.fire(Queue.effect("after"));
		FutureTask<Session.Drain> drain = Session.async(() -> {
			this.worker.work("slice => '50 ms'", "prefetch => 50");
			return this.worker.work("prefetch => 1");
		});
		this.queue.awaitBlocked(this.worker);
		try (Session other = this.queue.app()) {
			FutureTask<String> answer = Session.async(() -> new ManagedJobs(other).cancel(id));
			await().until(() -> answer.isDone() || this.queue
				.value("SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'pgdispatch.cancellation'::regclass)")
				.equals("t"));
			this.queue.run("SELECT pg_sleep(0.1)", "SELECT pg_cancel_backend(" + this.worker.pid() + ")");
			assertThat(answer.get()).isIn("interrupted", "cancelled");
		}
		assertThat(drain.get().drained()).isTrue();
		assertThat(this.queue.effects()).containsExactly("before", "after");
		assertThat(this.jobs.leftovers()).isEmpty();
		assertThat(this.queue.deadLetters()).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { "delay => '0'", "time_limit => '1 hour'", "max_attempts => 9" })
	void jobRunsAgainIfItsCancellationIsRolledBackAndItWasNoAttempt(String option) throws Exception {
		long id = this.jobs.dispatch(HANG + "; SELECT 1/0", option);
		FutureTask<Session.Drain> drain = Session.async(() -> this.worker.work("prefetch => 1"));
		this.queue.awaitBlocked(this.worker);
		this.app.run("BEGIN");
		assertThat(this.jobs.cancel(id)).isEqualTo("interrupted");
		assertThat(drain.get().failed()).isZero();
		this.app.run("ROLLBACK");
		assertThat(this.jobs.state(id)).isEqualTo("waiting");
		this.queue.run("SELECT pg_advisory_unlock(1)");
		this.worker.work();
		if (option.startsWith("max_attempts")) {
			assertThat(this.jobs.find(id, "state, attempts")).isEqualTo("snoozed|1");
		}
		else {
			assertThat(this.jobs.deadLetters("sqlstate, attempts, crashes")).containsExactly("22012|1|0");
		}
	}

	@Test
	void whoDoesNotWaitIsToldThatItStillRuns() throws Exception {
		long id = this.jobs.dispatch("""
				DO $$ BEGIN
					PERFORM pg_advisory_xact_lock_shared(1);
				EXCEPTION WHEN query_canceled THEN
					PERFORM pg_advisory_xact_lock_shared(1);
				END $$""", "time_limit => '1 hour'");
		FutureTask<Session.Drain> drain = Session.async(() -> this.worker.work("prefetch => 1"));
		this.queue.awaitBlocked(this.worker);
		assertThat(this.app.value("SELECT pgdispatch.cancel(" + id + ", '0')")).isEqualTo("interrupting");
		assertThat(this.jobs.cancel(id)).isEqualTo("interrupted");
		assertThat(drain.get().drained()).isTrue();
		assertThat(this.jobs.leftovers()).isEmpty();
	}

	@Test
	void twoWhoCancelTheSameJobCancelItOnce() throws Exception {
		long id = this.jobs.dispatch(HANG, "time_limit => '1 hour'");
		FutureTask<Session.Drain> drain = Session.async(() -> this.worker.work("prefetch => 1"));
		this.queue.awaitBlocked(this.worker);
		this.app.run("BEGIN");
		assertThat(this.jobs.cancel(id)).isEqualTo("interrupted");
		try (Session other = this.queue.app()) {
			FutureTask<String> second = Session.async(() -> new ManagedJobs(other).cancel(id));
			this.queue.awaitBlocked(other);
			this.app.run("COMMIT");
			assertThat(second.get()).isNull();
		}
		assertThat(drain.get().failed()).isZero();
	}

}
