package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.time.Duration;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A job is not run before the commit, nor before it is due, and never after a rollback.
 */
class NeverEarlyTests extends AbstractQueueTests {

	private Session worker;

	NeverEarlyTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void start() throws SQLException {
		this.worker = this.queue.app();
	}

	@AfterEach
	void end() throws SQLException {
		this.worker.close();
	}

	@Test
	void nothingRunsBeforeTheCommit() throws SQLException {
		this.app.run("BEGIN");
		this.app.fire(Queue.effect("committed"));
		assertThat(this.worker.work().completed()).isZero();
		this.app.run("COMMIT");
		assertThat(this.worker.work().completed()).isOne();
		assertThat(this.queue.effects()).containsExactly("committed");
	}

	@Test
	void nothingRunsAfterARollback() throws SQLException {
		this.app.run("BEGIN");
		this.app.fire(Queue.effect("rolled back"));
		this.app.run("ROLLBACK");
		assertThat(this.worker.work().completed()).isZero();
		assertThat(this.queue.effects()).isEmpty();
	}

	@Test
	void savepointThatIsRolledBackTakesItsOwnJobsWithIt() throws SQLException {
		this.app.run("BEGIN");
		this.app.fire(Queue.effect("before"));
		this.app.run("SAVEPOINT here");
		this.app.fire(Queue.effect("rolled back"));
		this.app.run("ROLLBACK TO here");
		this.app.fire(Queue.effect("after"));
		this.app.run("COMMIT");
		this.worker.work();
		assertThat(this.queue.effects()).containsExactly("before", "after");
	}

	@Test
	void whatAFailedJobFiredIsNotRun() throws SQLException {
		this.app.fire("SELECT pgdispatch.fire($$" + Queue.effect("rolled back") + "$$); SELECT 1/0");
		this.worker.work();
		assertThat(this.queue.effects()).isEmpty();
		assertThat(this.queue.deadLetters()).isOne();
	}

	@Test
	void snoozedJobIsNotRunBeforeItIsDue() throws SQLException {
		this.app.snooze("INSERT INTO public.effect SELECT clock_timestamp() >= '"
				+ this.app.value("SELECT now() + interval '1 second'") + "'", Duration.ofSeconds(2));
		this.app.snooze(Queue.effect("never"), Duration.ofDays(1000));
		await().until(() -> this.worker.work().completed() == 1);
		assertThat(this.queue.effects()).containsExactly("true");
		assertThat(this.queue.jobs()).isOne();
	}

}
