package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static io.github.pgdispatch.sql.RunLog.dispatch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The fair keys of a queue take turns, and none of them has more jobs at once than it
 * may.
 */
class FairQueueTests extends AbstractRunLogTests {

	FairQueueTests(TestDatabase database) {
		super(database);
	}

	private void set(int concurrency, int perKey) throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => " + concurrency + ", per_key => " + perKey + ")");
	}

	private static String[] of(String key) {
		return key.isEmpty() ? new String[] { "queue => 'q'" }
				: new String[] { "queue => 'q'", "fair_key => '" + key + "'" };
	}

	private void calls(String keys) throws SQLException {
		for (String key : keys.split("")) {
			calls("h", of(key.replace("-", "")));
		}
	}

	private String keys(List<Node.Job> jobs) throws SQLException {
		StringBuilder keys = new StringBuilder();
		for (Node.Job job : jobs) {
			keys.append(this.queue.value(
					"SELECT coalesce(nullif(fair_key, ''), '-') FROM pgdispatch.managed_job WHERE id = " + job.id()));
		}
		return keys.toString();
	}

	/**
	 * Claims all jobs of the handler that may run at once, and ends the one that was
	 * claimed first, until none is left.
	 * @return their keys in the order in which they began
	 */
	private String runAll() throws SQLException {
		StringBuilder order = new StringBuilder();
		List<Node.Job> running = new ArrayList<>();
		for (;;) {
			this.app.work();
			List<Node.Job> claimed = new ArrayList<>(this.node.claim(10, "h"));
			claimed.sort(Comparator.comparingLong(Node.Job::id));
			order.append(keys(claimed));
			running.addAll(claimed);
			if (running.isEmpty()) {
				return order.toString();
			}
			assertThat(this.node.complete(running.remove(0))).isTrue();
		}
	}

	@Test
	void keysTakeTurnsWhicheverWasDispatchedFirst() throws SQLException {
		set(1, 1);
		calls("aaaaabbbc");
		assertThat(runAll()).isEqualTo("abcababaa");
	}

	@Test
	void jobsWithoutAKeyShareATurn() throws SQLException {
		set(1, 1);
		calls("aaa--b");
		assertThat(runAll()).isEqualTo("ab-a-a");
	}

	@Test
	void keyWithManyJobsHasAsManyAsItMayAndOthersTheRest() throws SQLException {
		set(3, 2);
		calls("aaaaaaaa");
		assertThat(keys(this.node.claim(10, "h"))).isEqualTo("aa");
		calls("b");
		assertThat(keys(this.node.claim(10, "h"))).isEqualTo("b");
		calls("b");
		assertThat(this.node.claim(10, "h")).isEmpty();
	}

	@Test
	void oneKeyAloneMayHaveAllPlaces() throws SQLException {
		set(3, 3);
		calls("aaaaa");
		assertThat(this.node.claim(10, "h")).hasSize(3);
		calls("b");
		assertThat(this.node.claim(10, "h")).isEmpty();
		this.node.complete(this.node.claim(10, "h"));
		assertThat(runAllFrom()).startsWith("b");
	}

	private String runAllFrom() throws SQLException {
		this.app.run("SELECT pgdispatch.complete_handler_job(j.claimed_by, j.handler, j.due_at, j.id, j.attempts)"
				+ " FROM (SELECT * FROM pgdispatch.handler_job WHERE claimed_by IS NOT NULL LIMIT 1) AS j");
		return keys(this.node.claim(1, "h")) + runAll();
	}

	@Test
	void sqlAndMethodsTakeTurnsTogether() throws Exception {
		set(1, 1);
		for (int i = 0; i < 3; i++) {
			this.app.run(dispatch(RunLog.run("a"), "queue => 'q'", "fair_key => 'a'", "time_limit => '1 hour'"));
		}
		calls("b");
		List<Node.Job> b = this.node.claim(1, "h");
		assertThat(b).hasSize(1);
		this.app.work();
		assertThat(this.runLog.runs()).isEmpty();
		calls("c");
		assertThat(this.node.claim(1, "h")).isEmpty();
		this.node.complete(b);
		assertThat(keys(this.node.claim(1, "h"))).isEqualTo("c");
	}

	@ParameterizedTest
	@ValueSource(strings = { "prefetch => 1", "prefetch => 50", "prefetch => 100" })
	void chunksOfOneKeyLetOthersIn(String prefetch) throws SQLException {
		set(1, 1);
		for (int i = 0; i < 200; i++) {
			job("a", of("a"));
		}
		job("b", of("b"));
		this.app.work(prefetch);
		await().until(() -> {
			this.app.work(prefetch);
			return this.runLog.remains() == 0;
		});
		assertThat(this.runLog.runs()).hasSize(201);
		assertThat(this.runLog.runs().indexOf("b")).isLessThan(190);
		assertThat(this.runLog.overlaps()).isZero();
	}

	@Test
	void noKeyExceedsItsLimitHoweverManyRunThem() throws Exception {
		set(4, 2);
		for (int i = 0; i < 30; i++) {
			for (String key : List.of("a", "b", "c")) {
				this.app.run(dispatch(RunLog.run(key) + "; SELECT pg_sleep(0.002)", of(key)));
			}
			calls("ab");
		}
		FutureTask<Integer> node = Session.async(() -> {
			try (Session session = this.queue.app()) {
				Node other = new Node(session);
				int ran = 0;
				while (ran < 60) {
					for (Node.Job job : other.claim(3, "h")) {
						assertThat(other.complete(job)).isTrue();
						ran++;
					}
				}
				return ran;
			}
		});
		FutureTask<Void> watch = Session.async(() -> {
			try (Session session = this.queue.app()) {
				while (!node.isDone()) {
					assertThat(session.values("""
							SELECT fair_key FROM pgdispatch.managed_job WHERE in_queue
							 GROUP BY fair_key HAVING count(*) > 2""")).isEmpty();
					assertThat(Integer
						.parseInt(session.value("SELECT count(*) FROM pgdispatch.managed_job WHERE in_queue")))
						.isLessThanOrEqualTo(4);
				}
				return null;
			}
		});
		this.runLog.drain(3);
		assertThat(node.get()).isEqualTo(60);
		watch.get();
		assertThat(this.runLog.runs()).hasSize(90);
		assertThat(mostAtOnce("a")).isLessThanOrEqualTo(2);
		this.runLog.drain(1);
		assertThat(this.runLog.remains()).isZero();
	}

	private int mostAtOnce(String key) throws SQLException {
		return Integer.parseInt(this.queue
			.value("""
					SELECT coalesce(max(c.overlapping), 0) + 1
					  FROM (SELECT count(DISTINCT first.transaction) AS overlapping
					          FROM public.run AS second
					          JOIN public.run AS first ON first.number < second.number AND first.transaction = ANY (second.others)
					         WHERE first.job = '%1$s' AND second.job = '%1$s' AND first.transaction <> second.transaction
					         GROUP BY second.number) AS c"""
				.formatted(key)));
	}

	@Test
	void placeThatIsGivenToAJobOfALostNodeIsFreed() throws SQLException {
		set(1, 1);
		calls("aab");
		Node lost = new Node(this.app, "1 ms");
		assertThat(lost.claim(10, "h")).hasSize(1);
		lost.freeze();
		Node survivor = new Node(this.app, "1 ms");
		List<Node.Job> again = survivor.claim(10, "h");
		assertThat(keys(again)).isEqualTo("a");
		survivor.complete(again);
		assertThat(keys(survivor.claim(10, "h"))).isEqualTo("b");
	}

	@Test
	void placeOfACancelledJobGoesToTheNextKey() throws SQLException {
		set(1, 1);
		calls("aabc");
		List<Node.Job> a = this.node.claim(10, "h");
		this.node.complete(a);
		String b = this.queue.value("SELECT id FROM pgdispatch.managed_job WHERE in_queue");
		assertThat(this.app.value("SELECT pgdispatch.cancel(" + b + ")")).isEqualTo("cancelled");
		this.app.work();
		assertThat(keys(this.node.claim(10, "h"))).isEqualTo("c");
	}

	@Test
	void openTransactionThatCancelsTheNextJobOfAKeyHoldsUpNobody() throws SQLException {
		set(1, 1);
		calls("aabbc");
		List<Node.Job> a = this.node.claim(10, "h");
		try (Session open = this.queue.app()) {
			String b = this.queue
				.value("SELECT id FROM pgdispatch.managed_job WHERE fair_key = 'b' ORDER BY rank, id LIMIT 1");
			open.run("BEGIN", "SELECT pgdispatch.cancel(" + b + ")");
			this.node.complete(a);
			assertThat(keys(this.node.claim(10, "h"))).isEqualTo("c");
			open.run("ROLLBACK");
		}
		await().until(() -> {
			this.app.work();
			return this.queue.value("SELECT count(*) FROM pgdispatch.job").equals("0");
		});
		this.app.run("SELECT pgdispatch.complete_handler_job(j.claimed_by, j.handler, j.due_at, j.id, j.attempts)"
				+ " FROM pgdispatch.handler_job AS j WHERE claimed_by IS NOT NULL");
		assertThat(runAll()).hasSize(3).contains("b", "a");
	}

	@Test
	void jobsOfAPausedHandlerKeepThePlacesOfNoOthers() throws SQLException {
		set(2, 1);
		calls("ab");
		List<Node.Job> running = this.node.claim(10, "h");
		assertThat(running).hasSize(2);
		for (int i = 0; i < 5; i++) {
			calls("paused", of("a"));
			calls("paused", of("b"));
		}
		calls("aabb");
		assertThat(this.node.claim(10, "h", "paused")).isEmpty();
		this.app.run("SELECT pgdispatch.pause(handler => 'paused')");
		this.node.complete(running);
		assertThat(runAll()).hasSize(4);
		this.app.run("SELECT pgdispatch.resume(handler => 'paused')");
		for (int i = 0; i < 10; i++) {
			this.node.complete(this.node.claim(10, "paused"));
		}
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void jobsOfAHandlerThatNobodyKnowsLeaveTheirPlacesToOthers() throws SQLException {
		set(1, 1);
		calls("a");
		List<Node.Job> running = this.node.claim(10, "h");
		calls("unknown", of("a"));
		assertThat(new Node(this.app).claim(10, "h", "unknown")).isEmpty();
		calls("b");
		this.node.complete(running);
		assertThat(this.queue.value("SELECT handler FROM pgdispatch.managed_job WHERE in_queue")).isEqualTo("h");
		this.node.complete(this.node.claim(10, "h"));
		assertThat(this.queue.value("SELECT handler FROM pgdispatch.managed_job WHERE in_queue")).isEqualTo("unknown");
		calls("b");
		assertThat(this.node.claim(10, "h")).isEmpty();
		this.app.run("SELECT pgdispatch.free_places_of_dead_nodes()");
		assertThat(this.node.claim(10, "h")).hasSize(1);
	}

	@Test
	void orderAndPriorityHoldWithinAKey() throws SQLException {
		set(2, 2);
		String first = calls("h", "queue => 'q'", "fair_key => 'a'", "ordering_key => 'k'");
		String second = calls("h", "queue => 'q'", "fair_key => 'a'", "ordering_key => 'k'");
		String third = calls("h", "queue => 'q'", "fair_key => 'a'", "priority => 30");
		List<Node.Job> claimed = this.node.claim(10, "h");
		assertThat(claimed).extracting((job) -> Long.toString(job.id())).containsExactlyInAnyOrder(third, first);
		this.node.complete(claimed);
		assertThat(this.node.claim(10, "h")).extracting((job) -> Long.toString(job.id())).containsExactly(second);
	}

	@Test
	void jobsThatWereHeldBeforeTheirQueueWasFairGetTheirTurn() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 1)");
		calls("aa--b");
		List<Node.Job> first = this.node.claim(10, "h");
		assertThat(first).hasSize(1);
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.managed_job WHERE held_by = 'queue'"))
			.isEqualTo("4");
		set(2, 1);
		this.app.work();
		assertThat(this.node.claim(10, "h")).hasSize(1);
		this.node.complete(first);
		this.app.run("SELECT pgdispatch.complete_handler_job(j.claimed_by, j.handler, j.due_at, j.id, j.attempts)"
				+ " FROM pgdispatch.handler_job AS j WHERE claimed_by IS NOT NULL");
		assertThat(runAll()).hasSize(3);
		assertThat(this.runLog.remains()).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { "pgdispatch.set_queue('q', concurrency => 10)", "pgdispatch.drop_queue('q')",
			"pgdispatch.resume(queue => 'q')" })
	void waitingJobsGoOnWhenTheQueueIsFairNoMore(String change) throws SQLException {
		set(1, 1);
		calls("aaabbb");
		if (change.contains("resume")) {
			this.app.run("SELECT pgdispatch.pause(queue => 'q')");
		}
		this.node.claim(10, "h");
		this.app.run("SELECT " + change);
		this.app.work();
		assertThat(this.node.claim(10, "h")).hasSize(change.contains("resume") ? 1 : 5);
	}

	@Test
	void fairKeyIsKeptWithADeadLetter() throws SQLException {
		set(1, 1);
		calls("a");
		assertThat(this.node.fail(this.node.claim(1, "h").get(0))).isTrue();
		this.app.run("SELECT pgdispatch.retry(id) FROM pgdispatch.dead_letter");
		assertThat(keys(this.node.claim(1, "h"))).isEqualTo("a");
	}

	@ParameterizedTest
	@ValueSource(strings = { "set_queue('q', concurrency => 1)", "set_queue('q', concurrency => 3, per_key => 2)",
			"pause(queue => 'q')", "resume(queue => 'q')", "drop_queue('q')" })
	void openTransactionThatChangesTheQueueHoldsUpNobody(String change) throws SQLException {
		set(2, 1);
		calls("aabb");
		List<Node.Job> running = this.node.claim(10, "h");
		try (Session open = this.queue.app()) {
			open.run("BEGIN", "SELECT pgdispatch." + change);
			this.node.complete(running);
			assertThat(this.node.claim(10, "h")).hasSize(2);
			open.run("ROLLBACK");
		}
	}

	@Test
	void limitsAreChecked() throws SQLException {
		for (String limits : List.of("per_key => 1", "concurrency => 1, per_key => 2", "concurrency => 1, per_key => 0",
				"concurrency => 1, rate => 1, per_key => 1")) {
			assertThat(this.app.error("SELECT pgdispatch.set_queue('q', " + limits + ")").getSQLState())
				.isEqualTo("22023");
		}
		assertThat(this.app.error(dispatch("SELECT 1", "fair_key => 'a'")).getMessage())
			.contains("fair_key is given without a queue");
	}

	@Test
	void nothingIsLeftOfKeysWhenNothingWaits() throws SQLException {
		set(2, 1);
		calls(String.join("", Stream.generate(() -> "abc").limit(5).toList()));
		IntStream.range(0, 20).forEach((i) -> {
			try {
				this.node.complete(this.node.claim(10, "h"));
			}
			catch (SQLException ex) {
				throw new AssertionError(ex);
			}
		});
		assertThat(this.runLog.remains()).isZero();
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.fair_turn")).isEqualTo("1");
		this.app.run("SELECT pgdispatch.drop_queue('q')");
		this.app.work();
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.fair_turn")).isEqualTo("0");
	}

}
