package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A command that takes longer than its time limit is cancelled in mid-statement, by a
 * session that watches as a driver's does.
 */
class TimeLimitTests extends AbstractQueueTests {

	private static final String HANG = "; SELECT pg_sleep(3600)";

	private ManagedJobs jobs;

	private Session worker;

	TimeLimitTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void prepare() throws SQLException {
		this.jobs = new ManagedJobs(this.app);
		this.worker = this.queue.app();
	}

	@AfterEach
	void end() throws SQLException {
		this.queue.kill(this.worker); // Which may hang.
		this.worker.close();
	}

	/**
	 * Runs what is due, while another session watches.
	 */
	private Session.Drain workWatched(String... arguments) throws Exception {
		FutureTask<Session.Drain> drain = Session.async(() -> this.worker.work(arguments));
		await().until(() -> {
			this.app.run("SELECT pgdispatch.poll_queue(100, false)");
			return drain.isDone();
		});
		return drain.get();
	}

	@Test
	void jobIsCancelledAndUndoneAndItsNeighboursAreDone() throws Exception {
		this.app.fire(Queue.effect("before"));
		long id = this.jobs.dispatch(Queue.effect("undone") + HANG, "time_limit => '300 ms'");
		this.app.fire(Queue.effect("after"));
		Session.Drain drain = workWatched();
		assertThat(drain.completed()).isEqualTo(2);
		assertThat(drain.failed()).isOne();
		assertThat(this.queue.effects()).containsExactly("before", "after");
		assertThat(this.jobs.deadLetters("id, sqlstate, message, attempts"))
			.containsExactly(id + "|PD001|pgdispatch: the job took longer than its time limit of 00:00:00.3|1");
		assertThat(this.jobs.deadLetters("failed_at - due_at BETWEEN '300 ms' AND '1 minute'")).containsExactly("t");
		assertThat(this.jobs.leftovers()).isEmpty();
	}

	@Test
	void itIsAnAttempt() throws Exception {
		this.jobs.dispatch("SELECT nextval('public.attempt')" + HANG, "time_limit => '50 ms'", "max_attempts => 3",
				"back_off => '0'");
		this.jobs.failing(0, "00000");
		assertThat(workWatched().failed()).isOne();
		assertThat(this.jobs.runs()).isEqualTo(3);
		assertThat(this.jobs.deadLetters("sqlstate, attempts, crashes")).containsExactly("PD001|3|0");
	}

	@Test
	void jobThatKeepsToItIsDone() throws Exception {
		this.jobs.dispatch("SELECT pg_sleep(0.2); " + Queue.effect("done"), "time_limit => '1 hour'");
		assertThat(workWatched().completed()).isOne();
		assertThat(this.queue.effects()).containsExactly("done");
	}

	/**
	 * Each attempt has the time limit for itself.
	 */
	@Test
	void attemptsAreTimedOneByOne() throws Exception {
		String command = this.jobs.failing(3, "22012").replaceFirst("; ", "; SELECT pg_sleep(0.5); ");
		this.jobs.dispatch(command, "time_limit => '1500 ms'", "max_attempts => 9", "back_off => '0'");
		assertThat(workWatched().completed()).isOne();
		assertThat(this.jobs.runs()).isEqualTo(4);
	}

	@Test
	void jobThatCatchesItsCancellationIsCancelledAgain() throws Exception {
		this.jobs.dispatch("""
				DO $$ BEGIN
					FOR i IN 1 .. 3 LOOP
						BEGIN
							PERFORM pg_sleep(3600);
						EXCEPTION WHEN query_canceled THEN NULL;
						END;
					END LOOP;
				END $$""" + HANG, "time_limit => '50 ms'");
		assertThat(workWatched().failed()).isOne();
		assertThat(this.jobs.deadLetters("sqlstate")).containsExactly("PD001");
	}

	@Test
	void whoeverElseCancelsTheJobIsNotTakenForItsTimeLimit() throws Exception {
		this.jobs.dispatch("SELECT pg_advisory_xact_lock_shared(1)", "time_limit => '1 hour'");
		this.queue.run("SELECT pg_advisory_lock(1)");
		FutureTask<Session.Drain> drain = Session.async(() -> this.worker.work());
		this.queue.awaitBlocked(this.worker);
		this.queue.run("SELECT pg_cancel_backend(" + this.worker.pid() + ")", "SELECT pg_advisory_unlock(1)");
		assertThat(drain.get().failed()).isOne();
		assertThat(this.jobs.deadLetters("sqlstate")).containsExactly("57014");
	}

	@Test
	void watchTellsWhenToLookAgain() throws Exception {
		assertThat(this.app.value("SELECT next_due_in FROM pgdispatch.poll_queue(100, false)")).isNull();
		this.jobs.dispatch("SELECT pg_advisory_xact_lock_shared(1)", "time_limit => '10 minutes'");
		this.queue.run("SELECT pg_advisory_lock(1)");
		FutureTask<Session.Drain> drain = Session.async(() -> this.worker.work());
		this.queue.awaitBlocked(this.worker);
		assertThat(this.app
			.value("SELECT next_due_in BETWEEN '5 minutes' AND '10 minutes' FROM pgdispatch.poll_queue(100, false)"))
			.isEqualTo("t");
		this.queue.run("SELECT pg_advisory_unlock(1)");
		assertThat(drain.get().completed()).isOne();
		assertThat(this.app.value("SELECT next_due_in FROM pgdispatch.poll_queue(100, false)")).isNull();
	}

}
