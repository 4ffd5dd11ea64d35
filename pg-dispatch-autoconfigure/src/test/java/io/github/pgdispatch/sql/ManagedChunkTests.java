package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static io.github.pgdispatch.sql.RunLog.dispatch;
import static io.github.pgdispatch.sql.RunLog.run;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Managed jobs that share a transaction keep the promises of their options.
 */
class ManagedChunkTests extends AbstractRunLogTests {

	private static final String SAVEPOINTS = "prefetch => 50";

	private static final String NO_SAVEPOINTS = "prefetch => 500";

	private ManagedJobs jobs;

	ManagedChunkTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void setQueue() throws SQLException {
		this.jobs = new ManagedJobs(this.app);
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 2)");
		job("alone, as the first one ever", "ordering_key => 'o'", "queue => 'q'");
		this.app.work();
		this.app.run("TRUNCATE public.run");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			result => 'count'                          | prefetch => 50
			result => 'count'                          | prefetch => 500
			key => 'k%d'                               | prefetch => 50
			key => 'k%d'                               | prefetch => 500
			ordering_key => 'o'                        | prefetch => 50
			ordering_key => 'o'                        | prefetch => 500
			queue => 'q'                               | prefetch => 50
			queue => 'q'                               | prefetch => 500
			max_attempts => 3, back_off => '1 second'  | prefetch => 500
			key => 'k%1$d', ordering_key => 'o%1$d', queue => 'q', result => 'rows' | prefetch => 50
			key => 'k%1$d', ordering_key => 'o%1$d', queue => 'q', result => 'rows' | prefetch => 500
			""")
	void jobsShareATransaction(String options, String prefetch) throws SQLException {
		for (int i = 0; i < 100; i++) {
			job("job " + i, options.formatted(i));
			if (i % 10 == 0) {
				job("plain " + i);
			}
		}
		assertThat(this.app.work(prefetch).completed()).isEqualTo(110);
		assertThat(this.runLog.runs()).hasSize(110).doesNotHaveDuplicates();
		assertThat(transactions()).isLessThan(110);
		assertThat(this.runLog.remains()).isZero();
	}

	private int transactions() throws SQLException {
		return Integer.parseInt(this.queue.value("SELECT count(DISTINCT transaction) FROM public.run"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "time_limit => '1 hour'", "priority => 1", "key => 'k%d', keep_key => '1 hour'" })
	void otherJobsRunAlone(String options) throws SQLException {
		for (int i = 0; i < 10; i++) {
			job("job " + i, options.formatted(i));
		}
		assertThat(this.app.work(SAVEPOINTS).completed()).isEqualTo(10);
		assertThat(transactions()).isEqualTo(10);
	}

	@ParameterizedTest
	@ValueSource(strings = { SAVEPOINTS, NO_SAVEPOINTS })
	void eachResultIsKeptAndNotified(String prefetch) throws SQLException {
		List<Long> ids = new ArrayList<>();
		for (int i = 0; i < 60; i++) {
			ids.add(this.jobs.dispatch("SELECT " + i + " AS i", "result => 'rows'"));
			this.app.fire("SELECT 1");
			ids.add(this.jobs.dispatch("SELECT generate_series(1, " + i + ")", "result => 'count'"));
		}
		try (Session listener = this.queue.app()) {
			listener.run("LISTEN " + listener.value("SELECT pgdispatch.result_channel('app')"));
			assertThat(this.app.work(prefetch).completed()).isEqualTo(180);
			assertThat(notifications(listener)).hasSize(120);
		}
		for (int i = 0; i < 60; i++) {
			assertThat(this.jobs.result(ids.get(2 * i))).isEqualTo("done|[{\"i\":" + i + "}]|1");
			assertThat(this.jobs.result(ids.get(2 * i + 1))).isEqualTo("done|" + i);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { SAVEPOINTS, NO_SAVEPOINTS })
	void runningChunkHoldsUpNoDispatchWithAKeyOfIt(String prefetch) throws Exception {
		try (RunningChunk chunk = new RunningChunk(prefetch, "key => 'k%d'")) {
			this.app.run("SET lock_timeout = '1s'");
			assertThat(job("again", "key => 'k0'")).isNotEqualTo(chunk.ids.get(0));
			assertThat(job("again", "key => 'k1'")).isEqualTo(job("again", "key => 'k1'"));
			assertThat(job("again", "key => 'k2'", "on_duplicate => 'replace'")).isNotEqualTo(chunk.ids.get(2));
			chunk.end();
		}
		assertThat(this.runLog.runs()).containsExactly("job 0", "job 1", "job 2", "again", "again", "again");
		assertThat(this.runLog.remains()).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { SAVEPOINTS, NO_SAVEPOINTS })
	void jobThatDoesNotComeToRunInItsChunkHasItsKeyAgain(String prefetch) throws Exception {
		try (RunningChunk chunk = new RunningChunk(prefetch, "key => 'k%d'")) {
			while (this.jobs.find(Long.parseLong(chunk.ids.get(1)), "attempts").equals("0")) {
				chunk.cancelAsADriverDoes();
			}
			assertThat(job("again", "key => 'k2'")).isEqualTo(chunk.ids.get(2));
			chunk.end();
		}
		assertThat(this.runLog.runs()).containsExactly("job 0", "job 1", "job 2");
		assertThat(this.runLog.remains()).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { SAVEPOINTS, NO_SAVEPOINTS })
	void jobOnWhoseKeyAnOpenTransactionReliesIsLeftOut(String prefetch) throws SQLException {
		String first = job("one", "key => 'one'");
		job("two", "key => 'two'");
		try (Session open = this.queue.app()) {
			open.run("BEGIN");
			assertThat(job(open, "one", "key => 'one'")).isEqualTo(first);
			assertThat(this.app.work(prefetch).completed()).isOne();
			assertThat(this.runLog.runs()).containsExactly("two");
			open.run("COMMIT");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { SAVEPOINTS, NO_SAVEPOINTS })
	void workersThatDrainAtOnceKeepTheOrder(String prefetch) throws Exception {
		for (int i = 0; i < 300; i++) {
			job((i % 3) + " " + i, "ordering_key => 'o" + (i % 3) + "'");
		}
		drain(3, prefetch);
		for (int key = 0; key < 3; key++) {
			int of = key;
			assertThat(this.queue.values("SELECT job FROM public.run WHERE job LIKE '" + key + " %' ORDER BY number"))
				.containsExactlyElementsOf(IntStream.range(0, 100).mapToObj((i) -> of + " " + (3 * i + of)).toList());
		}
		assertThat(this.runLog.overlaps("left(first.job, 1) = left(second.job, 1)")).isZero();
		assertThat(this.runLog.remains()).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { SAVEPOINTS, NO_SAVEPOINTS })
	void workersThatDrainAtOnceKeepTheConcurrencyOfAQueue(String prefetch) throws Exception {
		for (int i = 0; i < 300; i++) {
			job("job " + i, "queue => 'q'");
		}
		drain(4, prefetch);
		assertThat(this.runLog.runs()).hasSize(300).doesNotHaveDuplicates();
		assertThat(this.queue.value("""
				SELECT max((SELECT count(DISTINCT first.transaction)
				              FROM public.run AS first
				             WHERE first.number < second.number AND first.transaction = ANY (second.others)))
				  FROM public.run AS second""")).as("others that ran at once").isIn("0", "1");
		assertThat(this.runLog.remains()).isZero();
	}

	private void drain(int workers, String prefetch) throws Exception {
		List<FutureTask<Void>> tasks = new ArrayList<>();
		for (int i = 0; i < workers; i++) {
			tasks.add(Session.async(() -> {
				try (Session worker = this.queue.app()) {
					while (worker.value("SELECT EXISTS (SELECT FROM pgdispatch.job)").equals("t")) {
						worker.work(prefetch);
					}
				}
				return null;
			}));
		}
		for (FutureTask<Void> task : tasks) {
			task.get();
		}
	}

	@Test
	void chunkOfAQueueTakesOnePlaceOfIt() throws Exception {
		this.app.run(dispatch(RunLog.wait("first"), "queue => 'q'"));
		for (int i = 0; i < 9; i++) {
			job("job " + i, "queue => 'q'");
		}
		try (Session worker = this.queue.app(); Session gate = this.runLog.closeGate()) {
			FutureTask<Session.Drain> drain = Session.async(() -> worker.work(SAVEPOINTS));
			this.runLog.awaitAtGate(1);
			calls("h", "queue => 'q'");
			calls("h", "queue => 'q'");
			assertThat(this.node.claim(5, "h")).hasSize(1);
			gate.close();
			drain.get();
		}
		assertThat(this.runLog.runs()).hasSize(10);
		assertThat(this.node.claim(5, "h")).hasSize(1);
	}

	@Test
	void chunkOfAnOrderHoldsBackTheMethodsOfIt() throws Exception {
		job("first", "ordering_key => 'o'");
		this.app.run(dispatch(RunLog.wait("second"), "ordering_key => 'o'"));
		calls("h", "ordering_key => 'o'");
		job("last", "ordering_key => 'o'");
		try (Session worker = this.queue.app(); Session gate = this.runLog.closeGate()) {
			FutureTask<Session.Drain> drain = Session.async(() -> worker.work(SAVEPOINTS));
			this.runLog.awaitAtGate(1);
			assertThat(this.node.claim(5, "h")).isEmpty();
			gate.close();
			drain.get();
		}
		assertThat(this.runLog.runs()).containsExactly("first", "second");
		this.node.complete(this.node.claim(5, "h").get(0));
		this.app.work();
		assertThat(this.runLog.runs()).endsWith("last");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			result => 'count'     | prefetch => 50
			result => 'count'     | prefetch => 500
			key => 'k%d'          | prefetch => 50
			key => 'k%d'          | prefetch => 500
			ordering_key => 'o%d' | prefetch => 50
			ordering_key => 'o%d' | prefetch => 500
			queue => 'q'          | prefetch => 50
			queue => 'q'          | prefetch => 500
			""")
	void jobThatFailsAmongOthersHasOneAttemptAndTheOthersRunOnce(String options, String prefetch) throws SQLException {
		long failing = 0;
		for (int i = 0; i < 30; i++) {
			if (i == 20) {
				failing = this.jobs.dispatch("SELECT 1/0", options.formatted(i), "max_attempts => 3",
						"back_off => '1 hour'");
			}
			else {
				job("job " + i, options.formatted(i));
			}
		}
		assertThat(this.app.work(prefetch).completed()).isEqualTo(29);
		assertThat(this.runLog.runs()).hasSize(29).doesNotHaveDuplicates();
		assertThat(this.jobs.find(failing, "state, attempts, sqlstate")).isEqualTo("snoozed|1|22012");
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.managed_job")).isEqualTo("1");
	}

	@ParameterizedTest
	@ValueSource(strings = { SAVEPOINTS, NO_SAVEPOINTS })
	void jobThatFailsAmongOthersHoldsBackThoseBehindItInItsOrder(String prefetch) throws SQLException {
		job("first", "ordering_key => 'o'");
		this.app.run(dispatch("SELECT 1/0", "ordering_key => 'o'"));
		job("third", "ordering_key => 'o'");
		job("other", "ordering_key => 'other'");
		this.app.work(prefetch);
		assertThat(this.runLog.runs()).containsExactly("first", "other");
		this.app.run("DELETE FROM pgdispatch.dead_letter");
		this.app.work(prefetch);
		assertThat(this.runLog.runs()).containsExactly("first", "other", "third");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			result => 'count'                        | prefetch => 50
			key => 'k%d'                             | prefetch => 500
			ordering_key => 'o'                      | prefetch => 50
			ordering_key => 'o'                      | prefetch => 500
			queue => 'q'                             | prefetch => 50
			key => 'k%1$d', ordering_key => 'o', queue => 'q' | prefetch => 500
			""")
	void chunkOfALostSessionRunsOnceAndInItsOrder(String options, String prefetch) throws Exception {
		try (RunningChunk chunk = new RunningChunk(prefetch, options)) {
			this.queue.kill(chunk.worker);
			assertThat(chunk.drain).failsWithin(Duration.ofMinutes(1));
		}
		assertThat(this.runLog.runs()).isEmpty();
		assertThat(this.app.work("prefetch => -49").completed()).isEqualTo(3);
		assertThat(this.runLog.runs()).containsExactly("job 0", "job 1", "job 2");
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void jobOfARunningChunkCannotBeCancelled() throws Exception {
		try (RunningChunk chunk = new RunningChunk(SAVEPOINTS, "key => 'k%d'")) {
			for (String id : chunk.ids) {
				assertThat(this.app.value("SELECT pgdispatch.cancel(" + id + ", '10 ms')")).isEqualTo("interrupting");
			}
			chunk.end();
			assertThat(this.jobs.cancel(Long.parseLong(chunk.ids.get(0)))).isNull();
		}
		assertThat(this.runLog.runs()).containsExactly("job 0", "job 1", "job 2");
	}

	@ParameterizedTest
	@ValueSource(strings = { SAVEPOINTS, NO_SAVEPOINTS })
	void jobThatAnotherOneOfItsChunkCancelsDoesNotRun(String prefetch) throws SQLException {
		job("before", "ordering_key => 'o'");
		this.jobs.dispatch(
				run("cancels") + "; SELECT pgdispatch.cancel(id) FROM pgdispatch.managed_job WHERE key = 'k'",
				"result => 'count'");
		job("cancelled", "key => 'k'", "result => 'count'");
		job("behind", "ordering_key => 'o'");
		this.app.work(prefetch);
		assertThat(this.runLog.runs()).containsExactly("before", "cancels", "behind");
		assertThat(this.runLog.remains()).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { SAVEPOINTS, NO_SAVEPOINTS })
	void jobOfAnOrderThatIsCommittedLateRunsBeforeThoseThatFollow(String prefetch) throws SQLException {
		try (Session open = this.queue.app()) {
			job("first", "ordering_key => 'o'");
			open.run("BEGIN");
			job(open, "late", "ordering_key => 'o'");
			job("follows", "ordering_key => 'o'");
			this.app.run("BEGIN", "SELECT pgdispatch.prepare_chunk(now(), '-infinity', 0, 1, now() + '1 minute')",
					"COMMIT");
			assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.managed_job WHERE in_order")).isEqualTo("1");
			open.run("COMMIT");
		}
		this.app.work(prefetch);
		assertThat(this.runLog.runs()).containsExactly("first", "late", "follows");
	}

	@Test
	void jobThatDoesNotComeToRunAndIsReplacedWithADelayHoldsBackNoOther() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 1)");
		String[] options = { "ordering_key => 'o'", "queue => 'q'" };
		this.app.work();
		String first = this.app.value(dispatch(run("first"), "key => 'k'", options[0], options[1]));
		this.app.run("SELECT pgdispatch.prepare_chunk(now(), '-infinity', 0, 1000, now() + '1 minute')");
		assertThat(this.queue
			.value("SELECT in_order AND in_queue AND NOT has_key FROM pgdispatch.managed_job WHERE id = " + first))
			.isEqualTo("t");
		job("behind", options);
		this.app.run("SELECT pgdispatch.take_keys_back('app'::regrole, ARRAY[" + first + "])");
		assertThat(job("replaced", "'1 hour'", "key => 'k'", options[0], options[1], "on_duplicate => 'replace'"))
			.isEqualTo(first);
		this.app.work(SAVEPOINTS);
		assertThat(this.runLog.runs()).containsExactly("behind");
	}

	@Test
	void chunkKeepsTheRateOfAQueue() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', rate => 6, per => '1 hour')");
		for (int i = 0; i < 10; i++) {
			job("job " + i, "queue => 'q'");
		}
		this.app.work(NO_SAVEPOINTS);
		assertThat(this.runLog.runs()).hasSize(1);
	}

	@Test
	void chunkDoesNotRunAJobWhoseQueueIsPausedAfterItsAdmission() throws SQLException {
		job("one", "queue => 'q'");
		job("two", "queue => 'q'");
		this.app.run("SELECT pgdispatch.prepare_chunk(now(), '-infinity', 0, 2, now() + '1 minute')",
				"SELECT pgdispatch.pause(queue => 'q')");
		assertThat(this.app.work(SAVEPOINTS).completed()).isZero();
		this.app.run("SELECT pgdispatch.resume(queue => 'q')");
		this.app.work(SAVEPOINTS);
		assertThat(this.runLog.runs()).containsExactlyInAnyOrder("one", "two");
	}

	/**
	 * A session that runs three jobs in one transaction. The second one waits at the
	 * gate.
	 */
	private final class RunningChunk implements AutoCloseable {

		private final List<String> ids = new ArrayList<>();

		private final Session worker;

		private final Session gate;

		private final FutureTask<Session.Drain> drain;

		RunningChunk(String prefetch, String options) throws Exception {
			this.worker = ManagedChunkTests.this.queue.app();
			for (int tries = 0;; tries++) {
				for (int i = 0; i < 3; i++) {
					String command = (i == 1) ? RunLog.wait("job 1") : run("job " + i);
					this.ids.add(ManagedChunkTests.this.app.value(dispatch(command, options.formatted(i))));
				}
				Session gate = ManagedChunkTests.this.runLog.closeGate();
				FutureTask<Session.Drain> drain = Session.async(() -> this.worker.work(prefetch));
				ManagedChunkTests.this.runLog.awaitAtGate(1);
				if (ManagedChunkTests.this.runLog.runs().isEmpty()) {
					this.gate = gate;
					this.drain = drain;
					return;
				}
				// On a busy machine, or in a new session, the first one took a chunk's
				// time.
				assertThat(tries).isLessThan(50);
				gate.close();
				drain.get();
				ManagedChunkTests.this.app.run("TRUNCATE public.run");
				this.ids.clear();
			}
		}

		/**
		 * Cancels what waits at the gate, after the time of a chunk, until the slow job
		 * is at the gate again.
		 */
		void cancelAsADriverDoes() throws SQLException {
			Queue queue = ManagedChunkTests.this.queue;
			String session = " FROM pg_stat_activity WHERE pid = " + this.worker.pid();
			queue.awaitTrue("xact_start < clock_timestamp() - interval '20 ms'" + session);
			String cancelled = queue.value("SELECT xact_start" + session);
			queue.run("SELECT pg_cancel_backend(" + this.worker.pid() + ")");
			queue.awaitTrue(
					"EXISTS (SELECT" + session + " AND xact_start <> '" + cancelled + "' AND wait_event = 'advisory')");
		}

		void end() throws Exception {
			this.gate.close();
			this.drain.get();
		}

		@Override
		public void close() throws SQLException {
			this.gate.close();
			this.worker.close();
		}

	}

}
