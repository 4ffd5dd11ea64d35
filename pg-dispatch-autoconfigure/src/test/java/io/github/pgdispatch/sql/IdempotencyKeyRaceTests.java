package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static io.github.pgdispatch.sql.RunLog.dispatch;
import static io.github.pgdispatch.sql.RunLog.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Idempotency keys, while others have not committed yet.
 */
class IdempotencyKeyRaceTests extends AbstractRunLogTests {

	private static final String KEY = "key => 'k'";

	private static final String REPLACE = "on_duplicate => 'replace'";

	IdempotencyKeyRaceTests(TestDatabase database) {
		super(database);
	}

	@ParameterizedTest
	@CsvSource({ "READ COMMITTED, COMMIT", "READ COMMITTED, ROLLBACK", "REPEATABLE READ, COMMIT",
			"REPEATABLE READ, ROLLBACK", "SERIALIZABLE, COMMIT", "SERIALIZABLE, ROLLBACK" })
	void secondOfTwoOpenTransactionsWaitsForTheFirstOne(String isolation, String end) throws Exception {
		try (Session one = this.queue.app(); Session two = this.queue.app()) {
			one.run("BEGIN ISOLATION LEVEL " + isolation);
			two.run("BEGIN ISOLATION LEVEL " + isolation, "SELECT FROM public.run");
			String first = job(one, "first", KEY);
			FutureTask<String> second = Session.async(() -> job(two, "second", KEY));
			this.queue.awaitBlocked(two);
			one.run(end);
			boolean isCurrent = isolation.equals("READ COMMITTED");
			if (end.equals("COMMIT")) {
				assertThat(second.get()).isEqualTo(isCurrent ? first : null);
			}
			else {
				assertThat(second.get()).isNotNull().isNotEqualTo(first);
			}
			two.run("COMMIT");
		}
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly(end.equals("COMMIT") ? "first" : "second");
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE" })
	void jobSeesWhatIsCommittedByWhoWasGivenItInsteadOfAnother(String isolation) throws Exception {
		String count = "INSERT INTO public.run (job) SELECT count(*) FROM public.effect";
		String first = this.app.value(dispatch(count, KEY));
		try (Session open = this.queue.app()) {
			open.run("BEGIN ISOLATION LEVEL " + isolation, Queue.effect("to be seen"));
			assertThat(open.value(dispatch(count, KEY))).isEqualTo(first);
			this.app.run("SET lock_timeout = '1s'");
			assertThat(this.app.work().completed()).isZero();
			job("other");
			assertThat(this.app.work().completed()).isOne();
			open.run("COMMIT");
		}
		this.runLog.drain(1);
		assertThat(this.runLog.runs()).containsExactly("other", "1");
	}

	/**
	 * The lock of a key is a hash, which is negative for half of the keys.
	 */
	@ParameterizedTest
	@CsvSource({ "READ COMMITTED, <", "READ COMMITTED, >", "REPEATABLE READ, <", "REPEATABLE READ, >",
			"SERIALIZABLE, <", "SERIALIZABLE, >" })
	void whoCannotSeeTheJobIsSeenByIt(String isolation, String sign) throws Exception {
		String key = this.queue
			.value("SELECT 'k' || i FROM generate_series(1, 100) AS i WHERE pgdispatch.key_lock('app', 'k' || i) "
					+ sign + " 0 LIMIT 1");
		String count = dispatch("INSERT INTO public.run (job) SELECT count(*) FROM public.effect",
				"key => '" + key + "'");
		try (Session open = this.queue.app()) {
			open.run("BEGIN ISOLATION LEVEL " + isolation, Queue.effect("to be seen"));
			this.app.run(count);
			open.run(count);
			assertThat(this.app.work().completed()).isZero();
			open.run("COMMIT");
		}
		this.runLog.drain(1);
		assertThat(this.runLog.runs()).containsExactly("1");
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE" })
	void keyNeverCostsATransaction(String isolation) throws Exception {
		job("waiting", KEY);
		try (Session open = this.queue.app()) {
			for (String options : new String[] { KEY, KEY + "," + REPLACE }) {
				open.run("BEGIN ISOLATION LEVEL " + isolation, "SELECT FROM pgdispatch.job_key");
				this.runLog.drain(1);
				job("again", KEY);
				this.app.run("UPDATE pgdispatch.job_key SET expires_at = expires_at");
				open.run(dispatch(run("mine"), options), "COMMIT");
			}
		}
		this.runLog.drain(1);
		assertThat(this.runLog.runs()).contains("mine");
		assertThat(this.runLog.remains()).isZero();
	}

	/**
	 * PostgreSQL ends one of several transactions whose reads and writes depend on each
	 * other, in whichever statement it finds that out. What has caught the error could
	 * commit.
	 */
	@ParameterizedTest
	@CsvSource(quoteCharacter = '"', value = { "job_key, \"\"", "job, on_duplicate => 'replace'" })
	void serializableTransactionDispatchesOrFails(String read, String option) throws SQLException {
		if (!option.isEmpty()) {
			job("waiting", KEY);
		}
		try (Session pivot = this.queue.app(); Session reader = this.queue.app(); Session writer = this.queue.app()) {
			reader.run("BEGIN ISOLATION LEVEL SERIALIZABLE", "SELECT count(*) FROM pgdispatch." + read);
			pivot.run("BEGIN ISOLATION LEVEL SERIALIZABLE", "SELECT count(*) FROM public.effect");
			writer.run("BEGIN ISOLATION LEVEL SERIALIZABLE", Queue.effect("unseen"), "COMMIT");
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> pivot.run(dispatch(run("mine"), option.isEmpty() ? KEY : KEY + ", " + option)))
				.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("40001"));
		}
	}

	@Test
	void twoThatFindAnExpiredKeyDispatchOneJob() throws Exception {
		for (String isolation : new String[] { "READ COMMITTED", "REPEATABLE READ" }) {
			job("first", KEY, "keep_key => '1 hour'");
			this.app.work();
			this.queue.run("UPDATE pgdispatch.job_key SET expires_at = now() - interval '1 second'",
					"TRUNCATE public.run");
			try (Session one = this.queue.app(); Session two = this.queue.app()) {
				one.run("BEGIN ISOLATION LEVEL " + isolation);
				two.run("BEGIN ISOLATION LEVEL " + isolation, "SELECT FROM public.run");
				job(one, "one", KEY);
				FutureTask<String> second = Session.async(() -> job(two, "two", KEY));
				this.queue.awaitBlocked(two);
				one.run("COMMIT");
				second.get();
				two.run("COMMIT");
			}
			this.app.work();
			assertThat(this.runLog.runs()).containsExactly("one");
		}
	}

	@Test
	void jobThatIsReplacedJustAsItIsReleasedIsNotHeldForEver() throws Exception {
		calls("h", "ordering_key => 'o'");
		Node.Job running = this.node.claim(1, "h").get(0);
		String id = job("held", "ordering_key => 'o'", KEY);
		this.app.work();
		assertThat(this.runLog.state(id)).isEqualTo("held");
		this.app.run("BEGIN");
		this.node.complete(running);
		FutureTask<String> replacing = this.runLog.async(dispatch(run("replaced"), KEY, REPLACE));
		awaitDoneOrBlocked(replacing);
		this.app.run("COMMIT");
		String other = replacing.get();
		this.runLog.drain(1);
		assertThat(this.runLog.runs()).last().isEqualTo("replaced");
		assertThat(this.runLog.remains()).as("after %s and %s", id, other).isZero();
	}

	private void awaitDoneOrBlocked(FutureTask<?> task) {
		await().until(() -> task.isDone() || this.queue
			.value("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid')")
			.equals("t"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "COMMIT", "ROLLBACK" })
	void replacingAHeldJobHoldsUpNobodyAndItIsNotReleasedBeforeItsDelay(String end) throws Exception {
		calls("h", "ordering_key => 'o'");
		Node.Job running = this.node.claim(1, "h").get(0);
		String id = job("held", "ordering_key => 'o'", KEY);
		job("behind", "ordering_key => 'o'");
		this.app.work();
		try (Session open = this.queue.app()) {
			open.run("BEGIN");
			assertThat(job(open, "replaced", "'1 hour'", "ordering_key => 'o'", KEY, REPLACE)).isEqualTo(id);
			this.app.run("SET lock_timeout = '2s'");
			this.node.complete(running);
			this.app.work();
			open.run(end);
		}
		String[] expected = end.equals("COMMIT") ? new String[] { "behind" } : new String[] { "held", "behind" };
		await().until(() -> {
			this.app.work();
			return this.runLog.runs().size() == expected.length;
		});
		assertThat(this.runLog.runs()).containsExactly(expected);
	}

	/**
	 * The documentation tells to repeat it, and to dispatch in the order of the keys.
	 */
	@Test
	void transactionsThatDispatchTwoKeysCrosswiseEndAsAnyDeadlockDoes() throws Exception {
		try (Session one = this.queue.app(); Session two = this.queue.app()) {
			one.run("BEGIN");
			two.run("BEGIN");
			job(one, "one", "key => 'k1'");
			job(two, "two", "key => 'k2'");
			FutureTask<String> waiting = Session.async(() -> stateOf(one, "key => 'k2'"));
			this.queue.awaitBlocked(one);
			assertThat(List.of(stateOf(two, "key => 'k1'"), waiting.get())).containsExactlyInAnyOrder("dispatched",
					"40P01");
			one.run("COMMIT");
			two.run("COMMIT");
		}
		assertThat(this.queue.jobs()).isEqualTo(2);
	}

	/**
	 * Dispatches, and ends the transaction if that failed.
	 */
	private String stateOf(Session session, String key) throws SQLException {
		try {
			job(session, "both", key);
			return "dispatched";
		}
		catch (SQLException ex) {
			session.run("ROLLBACK");
			return ex.getSQLState();
		}
	}

}
