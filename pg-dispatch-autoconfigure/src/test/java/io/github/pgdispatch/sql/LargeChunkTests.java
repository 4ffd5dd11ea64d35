package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * After many jobs that went well, the next ones share a subtransaction: all of them
 * happen, or each by itself.
 */
class LargeChunkTests extends AbstractQueueTests {

	private static final int JOBS = 2_000;

	private static final int GATE = 4711;

	LargeChunkTests(TestDatabase database) {
		super(database);
	}

	private void fireMany(int failing) throws SQLException {
		this.app.run("SELECT pgdispatch.fire(CASE WHEN i %% %d = 0 THEN 'SELECT 1/0' ELSE format($$%s$$, i) END)"
			.formatted(failing, Queue.effect("%s")) + " FROM generate_series(1, " + JOBS + ") AS i");
	}

	@ParameterizedTest
	@ValueSource(ints = { 10, 97, 333, JOBS })
	void failingJobsFailAloneAndTheOthersAreRunOnceAndInOrder(int failing) throws SQLException {
		fireMany(failing);
		Session.Drain drain = this.app.work("prefetch => 500");
		assertThat(drain.failed()).isEqualTo(JOBS / failing);
		assertThat(drain.completed()).isEqualTo(JOBS - JOBS / failing);
		List<String> effects = this.queue.effects();
		assertThat(effects).hasSize(JOBS - JOBS / failing);
		assertThat(effects.stream().map(Integer::valueOf).toList()).isSorted().doesNotHaveDuplicates();
		assertThat(this.queue.deadLetters()).isEqualTo(JOBS / failing);
		assertThat(this.queue.jobs()).isZero();
	}

	@Test
	void workersDoNotWaitForEachOther() throws Exception {
		try (Session gate = this.queue.app(); Session other = this.queue.app()) {
			gate.run("SELECT pg_advisory_lock(" + GATE + ")");
			this.app.fire(Queue.effect("held") + "; SELECT pg_advisory_xact_lock_shared(" + GATE + ")");
			fireMany(JOBS + 1);
			FutureTask<Session.Drain> one = Session.async(() -> this.app.work("prefetch => 500"));
			this.queue.awaitTrue(
					"count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = " + GATE + " AND NOT granted");
			int meanwhile = other.work("prefetch => 500").completed();
			assertThat(meanwhile).isBetween(JOBS - 500, JOBS);
			gate.run("SELECT pg_advisory_unlock(" + GATE + ")");
			assertThat(one.get().completed() + meanwhile).isEqualTo(JOBS + 1);
		}
		assertThat(this.queue.effects()).hasSize(JOBS + 1).doesNotHaveDuplicates();
	}

	@Test
	void jobOfWhichMoreIsAskedRunsAloneInItsPlace() throws SQLException {
		this.app.fire(Queue.effect("before"));
		this.app.run("SELECT pgdispatch.dispatch($$" + Queue.effect("managed") + "$$, result => 'count')");
		this.app.fire(Queue.effect("after"));
		assertThat(this.app.work("prefetch => 500").completed()).isEqualTo(3);
		assertThat(this.queue.effects()).containsExactly("before", "managed", "after");
		assertThat(this.queue.values("SELECT state FROM pgdispatch.result")).containsExactly("done");
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.managed_job")).isEqualTo("0");
	}

	/**
	 * Such as one that deletes others, or moves their rows.
	 */
	@Test
	void whatJobsDoToTheRowsOfOthersIsNotLost() throws SQLException {
		this.app.run("SELECT pgdispatch.fire('UPDATE pgdispatch.job SET command = command')");
		this.app.fire("DELETE FROM pgdispatch.job WHERE command LIKE '%deleted%' AND command NOT LIKE 'DELETE%'");
		this.app.fire(Queue.effect("moved"));
		this.app.fire(Queue.effect("deleted"));
		this.app.fire(Queue.effect("last"));
		this.app.work("prefetch => 500");
		assertThat(this.queue.jobs()).isZero();
		assertThat(this.queue.effects()).doesNotHaveDuplicates().contains("moved", "last");
	}

	@Test
	void jobsThatAreNotDueAreNotRun() throws SQLException {
		this.app.run("SELECT pgdispatch.snooze('SELECT 1', '1 hour')");
		this.app.fire(Queue.effect("due"));
		Session.Drain drain = this.app.work("prefetch => 500");
		assertThat(drain.completed()).isOne();
		assertThat(drain.nextDueIn()).startsWith("00:59:");
		assertThat(this.queue.jobs()).isOne();
	}

	@Test
	void sliceEndsIt() throws SQLException {
		for (int i = 0; i < 3; i++) {
			this.app.fire("SELECT pg_sleep(0.02)");
		}
		Session.Drain drain = this.app.work("slice => '1 ms'", "prefetch => 500");
		assertThat(drain.completed()).isOne();
		assertThat(drain.drained()).isFalse();
		assertThat(this.queue.jobs()).isEqualTo(2);
	}

}
