package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The last jobs of a batch, while others have not committed yet or have been lost.
 */
class BatchRaceTests extends AbstractBatchTests {

	BatchRaceTests(TestDatabase database) {
		super(database);
	}

	/**
	 * Creates a closed batch with jobs of the handler {@code h}, each added by a
	 * transaction of its own or all by one.
	 */
	private String batchOfCalls(int jobs, boolean together) throws SQLException {
		this.app.run(together ? "BEGIN" : "SELECT 1");
		String batch = create();
		for (int i = 0; i < jobs; i++) {
			calls("h", "batch => " + batch);
		}
		then(batch, "then");
		close(batch);
		this.app.run(together ? "COMMIT" : "SELECT 1");
		return batch;
	}

	private void awaitContinuation() {
		await().until(() -> {
			this.app.work();
			return this.runLog.runs().contains("then");
		});
	}

	/**
	 * A job that looks whether the batch has ended may come a second later.
	 */
	private void awaitNothingRemains() {
		await().until(() -> {
			this.app.work();
			return this.runLog.remains() == 0;
		});
	}

	/**
	 * In one part, the second one waits at the part. In two parts, at the batch.
	 */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void lastTwoJobsThatEndAtOnceDispatchTheContinuationOnce(boolean together) throws Exception {
		for (String endOfFirst : List.of("COMMIT", "ROLLBACK")) {
			this.app.run("TRUNCATE public.run");
			String batch = batchOfCalls(2, together);
			List<Node.Job> jobs = this.node.claim(2, "h");
			try (Session first = this.queue.app(); Session second = this.queue.app()) {
				first.run("BEGIN");
				second.run("BEGIN");
				assertThat(new Node(first, this.node).complete(jobs.get(0))).isTrue();
				FutureTask<Boolean> other = Session.async(() -> new Node(second, this.node).complete(jobs.get(1)));
				awaitDoneOrBlocked(other, second);
				first.run(endOfFirst);
				assertThat(other.get()).isTrue();
				second.run("COMMIT");
			}
			if (endOfFirst.equals("ROLLBACK")) {
				// On a slow machine the second one has given up waiting, and a job
				// counts.
				await().until(() -> {
					this.app.work();
					return find(batch).equals("running|2|1|1|0|0");
				});
				assertThat(this.runLog.runs()).isEmpty();
				assertThat(this.node.complete(jobs.get(0))).isTrue();
			}
			awaitContinuation();
			awaitNothingRemains();
			assertThat(this.runLog.runs()).containsExactly("then");
			assertThat(find(batch)).isEqualTo("done|2|0|2|0|0");
		}
	}

	/**
	 * A transaction that ends a job and stays open delays nobody, and the continuation
	 * runs once it has ended.
	 */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void transactionThatStaysOpenDelaysNobodyElse(boolean together) throws Exception {
		String batch = batchOfCalls(3, together);
		List<Node.Job> jobs = this.node.claim(3, "h");
		try (Session open = this.queue.app()) {
			open.run("BEGIN");
			assertThat(new Node(open, this.node).complete(jobs.get(0))).isTrue();
			this.app.run("SET lock_timeout = '1s'");
			this.node.complete(jobs.subList(1, 3));
			this.app.work();
			assertThat(this.runLog.runs()).isEmpty();
			open.run("COMMIT");
		}
		awaitContinuation();
		awaitNothingRemains();
		assertThat(this.runLog.runs()).containsExactly("then");
		assertThat(find(batch)).isEqualTo("done|3|0|3|0|0");
	}

	@Test
	void batchWaitsForATransactionThatAddsToIt() throws Exception {
		for (String end : List.of("COMMIT", "ROLLBACK")) {
			this.app.run("TRUNCATE public.run");
			String batch = batchOfCalls(1, true);
			try (Session open = this.queue.app()) {
				open.run("BEGIN");
				addTo(open, batch, RunLog.run("added"));
				this.node.complete(this.node.claim(1, "h"));
				this.app.work();
				assertThat(this.runLog.runs()).isEmpty();
				assertThat(find(batch)).isEqualTo("running|1|0|1|0|0");
				open.run(end);
			}
			awaitContinuation();
			assertThat(this.runLog.runs()).isEqualTo(end.equals("COMMIT") ? List.of("added", "then") : List.of("then"));
			awaitNothingRemains();
		}
	}

	@Test
	void additionWaitsForATransactionThatEndsTheBatchButNotForLong() throws Exception {
		String batch = batchOfCalls(1, true);
		List<Node.Job> jobs = this.node.claim(1, "h");
		try (Session open = this.queue.app(); Session adder = this.queue.app()) {
			open.run("BEGIN");
			assertThat(new Node(open, this.node).complete(jobs.get(0))).isTrue();
			assertThat(adder.error("SELECT pgdispatch.dispatch('SELECT 1', batch => " + batch + ")").getSQLState())
				.isEqualTo("55000");
			open.run("ROLLBACK");
			addTo(adder, batch, RunLog.run("added"));
		}
		assertThat(find(batch)).isEqualTo("running|2|2|0|0|0");
	}

	@ParameterizedTest
	@ValueSource(strings = { "REPEATABLE READ", "SERIALIZABLE" })
	void transactionsThatDoNotSeeTheLatestCommitsMissNoEnd(String isolation) throws Exception {
		this.app.run("BEGIN ISOLATION LEVEL " + isolation);
		String batch = create();
		calls("h", "batch => " + batch);
		calls("h", "batch => " + batch);
		then(batch, "then");
		this.app.run("COMMIT");
		List<Node.Job> jobs = this.node.claim(2, "h");
		try (Session first = this.queue.app(); Session second = this.queue.app(); Session closer = this.queue.app()) {
			for (Session session : List.of(first, second)) {
				session.run("BEGIN ISOLATION LEVEL " + isolation, "SELECT count(*) FROM pgdispatch.batch");
			}
			assertThat(new Node(first, this.node).complete(jobs.get(0))).isTrue();
			assertThat(new Node(second, this.node).complete(jobs.get(1))).isTrue();
			first.run("COMMIT");
			second.run("COMMIT");
			closer.run("BEGIN ISOLATION LEVEL " + isolation, "SELECT pgdispatch.close_batch(" + batch + ")");
			closer.run("COMMIT");
		}
		awaitContinuation();
		awaitNothingRemains();
		assertThat(this.runLog.runs()).containsExactly("then");
	}

	@ParameterizedTest
	@ValueSource(strings = { "REPEATABLE READ", "SERIALIZABLE" })
	void closingWithAnOldSnapshotMissesNoEnd(String isolation) throws Exception {
		String batch = create();
		calls("h", "batch => " + batch);
		then(batch, "then");
		List<Node.Job> jobs = this.node.claim(1, "h");
		try (Session closer = this.queue.app()) {
			closer.run("BEGIN ISOLATION LEVEL " + isolation, "SELECT count(*) FROM pgdispatch.batch",
					"SELECT pgdispatch.close_batch(" + batch + ")");
			this.node.complete(jobs);
			closer.run("COMMIT");
		}
		awaitContinuation();
		assertThat(this.runLog.runs()).containsExactly("then");
	}

	@Test
	void continuationThatIsBeingCancelledIsNotLost() throws Exception {
		for (String end : List.of("COMMIT", "ROLLBACK")) {
			this.app.run("TRUNCATE public.run");
			String batch = create();
			calls("h", "batch => " + batch);
			String then = then(batch, "then");
			close(batch);
			try (Session canceller = this.queue.app()) {
				canceller.run("BEGIN");
				assertThat(canceller.value("SELECT pgdispatch.cancel(" + then + ")")).isEqualTo("cancelled");
				this.node.complete(this.node.claim(1, "h"));
				this.app.work();
				canceller.run(end);
			}
			await().until(() -> {
				this.app.work();
				return find(batch).startsWith("done") && this.runLog.remains() == 0;
			});
			assertThat(this.runLog.runs()).hasSize(end.equals("COMMIT") ? 0 : 1);
		}
	}

	@Test
	void jobWhoseSessionIsLostIsNotCounted() throws Exception {
		String batch = create();
		addTo(this.app, batch, RunLog.wait("last"));
		then(batch, "then");
		close(batch);
		try (Session gate = this.runLog.closeGate()) {
			Session worker = this.queue.app();
			FutureTask<Session.Drain> lost = Session.async(worker::work);
			this.runLog.awaitAtGate(1);
			this.queue.kill(worker);
			await().until(lost::isDone);
			gate.close();
		}
		assertThat(find(batch)).isEqualTo("running|1|1|0|0|0");
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("last", "then");
		assertThat(find(batch)).isEqualTo("done|1|0|1|0|0");
	}

	@Test
	void jobWhoseNodeIsLostIsCountedOnce() throws SQLException {
		String batch = batchOfCalls(1, true);
		Node.Job job = this.node.claim(1, "h").get(0);
		this.node.freeze();
		Node survivor = new Node(this.app, "1 ms");
		survivor.complete(survivor.claim(1, "h"));
		assertThat(this.node.complete(job)).isFalse();
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("then");
		assertThat(find(batch)).isEqualTo("done|1|0|1|0|0");
	}

	@Test
	void runningJobsAreInterruptedWhenTheirBatchIsCancelled() throws Exception {
		String batch = create();
		addTo(this.app, batch, "SELECT pg_sleep(300)", "time_limit => '1 hour'");
		calls("h", "batch => " + batch);
		calls("h", "batch => " + batch, "delay => '1 hour'");
		then(batch, "then");
		close(batch);
		Node.Job running = this.node.claim(1, "h").get(0);
		FutureTask<Session.Drain> worker = this.runLog.work();
		this.queue.awaitTrue(
				"EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%pgdispatch.work%' AND wait_event = 'PgSleep')");
		assertThat(this.app.value("SELECT pgdispatch.cancel_batch(" + batch + ")")).isEqualTo("3");
		worker.get();
		this.app.work();
		assertThat(find(batch)).isEqualTo("cancelled|3|1|0|0|2");
		assertThat(this.node.release(running)).isTrue();
		this.app.work();
		assertThat(find(batch)).isEqualTo("cancelled|3|0|0|0|3");
		assertThat(this.runLog.runs()).isEmpty();
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void severalBatchesOfSeveralWorkersEndOnceEach() throws Exception {
		List<String> batches = new ArrayList<>();
		for (int i = 0; i < 10; i++) {
			batches.add(create());
			then(batches.get(i), "then " + i);
		}
		for (int i = 0; i < 1000; i++) {
			add(batches.get(i % 10), "job " + i);
		}
		for (String batch : batches) {
			close(batch);
		}
		this.runLog.drain(4);
		assertThat(this.runLog.runs()).hasSize(1010).doesNotHaveDuplicates();
		for (String batch : batches) {
			assertThat(find(batch)).isEqualTo("done|100|0|100|0|0");
		}
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	@Timeout(value = 180, threadMode = ThreadMode.SEPARATE_THREAD)
	void hundredThousandJobsOfFourWorkersEndOnce() throws Exception {
		this.app.run("BEGIN");
		String batch = create();
		this.app.run(
				"SELECT pgdispatch.fire_all(ARRAY(SELECT 'SELECT ' || n FROM generate_series(1, 100000) AS n), batch => "
						+ batch + ")");
		then(batch, "then");
		close(batch);
		this.app.run("COMMIT");
		List<FutureTask<Session.Drain>> workers = new ArrayList<>();
		for (int i = 0; i < 4; i++) {
			workers.add(this.runLog.work());
		}
		for (FutureTask<Session.Drain> worker : workers) {
			worker.get();
		}
		awaitNothingRemains();
		assertThat(this.runLog.runs()).containsExactly("then");
		assertThat(find(batch)).isEqualTo("done|100000|0|100000|0|0");
	}

	private void awaitDoneOrBlocked(FutureTask<?> task, Session session) {
		await().until(() -> task.isDone() || "Lock"
			.equals(this.queue.value("SELECT wait_event_type FROM pg_stat_activity WHERE pid = " + session.pid())));
	}

}
