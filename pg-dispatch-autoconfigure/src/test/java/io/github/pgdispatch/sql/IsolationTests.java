package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Transactions of every isolation level dispatch and operate, whatever others have
 * committed since they began.
 */
class IsolationTests extends AbstractQueueTests {

	private ManagedJobs jobs;

	private Session worker;

	IsolationTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void prepare() throws SQLException {
		this.jobs = new ManagedJobs(this.app);
		this.worker = this.queue.app();
	}

	@AfterEach
	void end() throws SQLException {
		this.worker.close();
	}

	/**
	 * Begins a transaction whose snapshot is older than what comes.
	 */
	private void begin(String isolation) throws SQLException {
		this.app.run("BEGIN ISOLATION LEVEL " + isolation, "SELECT count(*) FROM pgdispatch.managed_job");
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE" })
	void jobsThatAskForMoreAreRunAfterTheCommit(String isolation) throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 1)");
		begin(isolation);
		this.worker.fire("SELECT 1");
		this.worker.work();
		String[] options = { "max_attempts => 3", "back_off => '1 s'", "time_limit => '1 hour'", "key => 'k'",
				"ordering_key => 'a'", "queue => 'q'", "priority => 10", "result => 'rows'", "headers => '{}'" };
		for (String option : options) {
			this.jobs.dispatch(Queue.effect(option.replace("'", "")) + " RETURNING job", option);
		}
		this.app.run("SELECT pgdispatch.fire_all(ARRAY[$$" + Queue.effect("1") + "$$, $$" + Queue.effect("2") + "$$])");
		assertThat(this.worker.work().completed()).isZero();
		this.app.run("COMMIT");
		assertThat(this.worker.work().completed()).isEqualTo(options.length + 2);
		assertThat(this.queue.effects()).hasSize(options.length + 2).doesNotHaveDuplicates();
		assertThat(this.jobs.leftovers()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE" })
	void jobThatWaitsIsCancelled(String isolation) throws SQLException {
		long plain = this.jobs.dispatch(Queue.effect("never"));
		long managed = this.jobs.dispatch(Queue.effect("never"), "ordering_key => 'a'", "result => 'count'");
		long behind = this.jobs.dispatch(Queue.effect("behind"), "ordering_key => 'a'");
		begin(isolation);
		assertThat(this.jobs.cancel(plain)).isEqualTo("cancelled");
		assertThat(this.jobs.cancel(managed)).isEqualTo("cancelled");
		assertThat(this.jobs.state(managed)).isEqualTo("cancelled");
		this.app.run("COMMIT");
		this.worker.work();
		assertThat(this.queue.effects()).containsExactly("behind");
		assertThat(this.jobs.result(managed)).isEqualTo("cancelled");
		assertThat(this.jobs.state(behind)).isNull();
		assertThat(this.jobs.leftovers()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "REPEATABLE READ", "SERIALIZABLE" })
	void jobThatHasRunSinceIsNotCancelled(String isolation) throws SQLException {
		for (String option : new String[] { "delay => '0'", "time_limit => '1 hour'" }) {
			long id = this.jobs.dispatch(Queue.effect("done"), option);
			begin(isolation);
			this.worker.work();
			assertThat(this.app.error("SELECT pgdispatch.cancel(" + id + ")").getSQLState()).isEqualTo("40001");
			this.app.run("ROLLBACK");
			assertThat(this.jobs.cancel(id)).isNull();
		}
		assertThat(this.queue.effects()).containsExactly("done", "done");
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE" })
	void deadLetterIsRetried(String isolation) throws SQLException {
		long id = this.jobs.dispatch(this.jobs.failing(1, "22012"), "ordering_key => 'a'", "max_attempts => 1");
		this.worker.work();
		begin(isolation);
		assertThat(this.jobs.retry(id)).isTrue();
		this.app.run("COMMIT");
		assertThat(this.worker.work().completed()).isOne();
		assertThat(this.jobs.leftovers()).isEmpty();
		assertThat(this.queue.deadLetters()).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE" })
	void pauseAndResumeHoldFromTheCommitOn(String isolation) throws SQLException {
		begin(isolation);
		this.app.run("SELECT pgdispatch.pause()");
		this.worker.fire("SELECT 1");
		assertThat(this.worker.work().completed()).isOne();
		this.app.run("COMMIT");
		this.worker.fire("SELECT 1");
		assertThat(this.worker.work().completed()).isZero();
		begin(isolation);
		this.app.run("SELECT pgdispatch.resume()", "COMMIT");
		assertThat(this.worker.work().completed()).isOne();
	}

	/**
	 * Whatever the default of the session, a worker sees what was committed meanwhile.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "read committed", "repeatable read", "serializable" })
	void workerOfAnyDefaultRunsManagedJobs(String isolation) throws SQLException {
		this.worker.run("SET default_transaction_isolation = '" + isolation + "'");
		this.jobs.dispatch(this.jobs.failing(2, "22012"), "max_attempts => 3", "back_off => '0'",
				"ordering_key => 'a'");
		this.jobs.dispatch(Queue.effect("next"), "ordering_key => 'a'");
		assertThat(this.worker.work().completed()).isEqualTo(2);
		assertThat(this.queue.effects()).containsExactly("failing", "next");
	}

}
