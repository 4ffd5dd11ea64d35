package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import static io.github.pgdispatch.sql.RunLog.dispatch;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Of jobs with one idempotency key one waits at the most.
 */
class IdempotencyKeyTests extends AbstractRunLogTests {

	private static final String KEY = "key => 'k'";

	private static final String REPLACE = "on_duplicate => 'replace'";

	IdempotencyKeyTests(TestDatabase database) {
		super(database);
	}

	@Test
	void secondDispatchIsTheFirstOne() throws SQLException {
		String first = job("first", KEY);
		assertThat(job("second", KEY)).isEqualTo(first);
		assertThat(calls("handler", KEY)).isEqualTo(first);
		assertThat(job("other", "key => 'other'")).isNotEqualTo(first);
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("first", "other");
		assertThat(job("third", KEY)).isNotEqualTo(first);
		this.app.work();
		assertThat(this.runLog.runs()).endsWith("third");
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void keyOfAHandlersJobIsFreeOnceItIsClaimed() throws SQLException {
		String first = calls("handler", KEY);
		assertThat(calls("handler", KEY)).isEqualTo(first);
		Node.Job claimed = this.node.claim(5, "handler").get(0);
		assertThat(calls("handler", KEY)).isNotEqualTo(first);
		assertThat(this.node.complete(claimed)).isTrue();
		assertThat(this.node.complete(this.node.claim(5, "handler").get(0))).isTrue();
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void jobThatRunsForLongDoesNotHoldUpADispatchWithItsKey() throws Exception {
		String first = this.app.value(dispatch(RunLog.wait("first"), KEY));
		try (Session gate = this.runLog.closeGate()) {
			FutureTask<Session.Drain> worker = this.runLog.work();
			this.runLog.awaitAtGate(1);
			this.app.run("SET lock_timeout = '1s'");
			String second = job("second", KEY);
			assertThat(second).isNotEqualTo(first);
			assertThat(job("third", KEY, REPLACE)).isEqualTo(second);
			gate.close();
			worker.get();
		}
		assertThat(this.runLog.runs()).containsExactly("first", "third");
	}

	@Test
	void jobThatKeepsItsKeyAndRunsForLongDoesNotHoldUpOneThatReplaces() throws Exception {
		String first = this.app.value(dispatch(RunLog.wait("first"), KEY, "keep_key => '1 hour'"));
		try (Session gate = this.runLog.closeGate()) {
			FutureTask<Session.Drain> worker = this.runLog.work();
			this.runLog.awaitAtGate(1);
			this.app.run("SET lock_timeout = '1s'");
			assertThat(job("second", KEY)).isEqualTo(first);
			assertThat(job("third", KEY, REPLACE)).isNotEqualTo(first);
			gate.close();
			worker.get();
		}
		assertThat(this.runLog.runs()).containsExactly("first", "third");
	}

	@Test
	void replacementHasNewCommandAndDelay() throws SQLException {
		String first = job("first", KEY);
		assertThat(job("second", "'1 hour'", KEY, REPLACE)).isEqualTo(first);
		assertThat(this.app.work().completed()).isZero();
		assertThat(job("third", KEY, REPLACE)).isEqualTo(first);
		assertThat(this.app.work().completed()).isOne();
		assertThat(this.runLog.runs()).containsExactly("third");
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void replacementOfAHandlersJobHasNewArguments() throws SQLException {
		String first = calls("handler", "'{\"n\": 1}'", KEY);
		assertThat(calls("handler", "'{\"n\": 2}'", KEY, REPLACE)).isEqualTo(first);
		assertThat(this.node.claim(5, "handler")).hasSize(1);
		assertThat(this.queue.value("SELECT arguments ->> 'n' FROM pgdispatch.handler_job")).isEqualTo("2");
		assertThat(calls("other", KEY)).isNotEqualTo(first);
	}

	@Test
	void keptKeyIsKeptForSoLongAfterTheJobIsDone() throws SQLException {
		String first = job("first", KEY, "keep_key => '1 hour'");
		this.app.work();
		assertThat(job("second", KEY)).isEqualTo(first);
		this.queue.run("UPDATE pgdispatch.job_key SET expires_at = now() - interval '1 second'");
		assertThat(job("third", KEY, "keep_key => '0'")).isNotEqualTo(first);
		this.app.work();
		job("fourth", KEY);
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("first", "third", "fourth");
	}

	@Test
	void keptKeyIsFreeIfTheJobFailsOrIsCancelled() throws SQLException {
		this.app.run(dispatch("SELECT 1/0", KEY, "keep_key => '1 hour'"));
		this.app.work();
		String second = job("second", KEY, "keep_key => '1 hour'");
		assertThat(this.app.value("SELECT pgdispatch.cancel(" + second + ")")).isEqualTo("cancelled");
		job("third", KEY);
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("third");
	}

	@Test
	void jobThatWaitsForItsNextAttemptHasItsKeyAgain() throws SQLException {
		String[] options = { KEY, "max_attempts => 2", "back_off => '1 hour'" };
		String first = this.app.value(dispatch("SELECT 1/0", options));
		this.app.work();
		assertThat(this.runLog.state(first)).isEqualTo("snoozed");
		assertThat(job("second", KEY)).isEqualTo(first);
		assertThat(job("third", KEY, REPLACE)).isEqualTo(first);
		this.app.work();
		assertThat(this.runLog.runs()).containsExactly("third");
	}

	@Test
	void jobThatWaitsForItsNextAttemptDoesNotTakeTheKeyFromAnother() throws SQLException {
		String first = calls("handler", KEY, "max_attempts => 2", "back_off => '1 hour'");
		Node.Job claimed = this.node.claim(1, "handler").get(0);
		String second = calls("handler", KEY);
		this.app.run(this.node.endSql(claimed, "true", "NULL", 1));
		assertThat(calls("handler", KEY)).isEqualTo(second).isNotEqualTo(first);
		assertThat(this.queue.value("SELECT id FROM pgdispatch.job_key")).isEqualTo(second);
	}

	@Test
	void thousandsOfKeyedJobsAreDispatchedInOneTransaction() throws SQLException {
		this.app.run("BEGIN");
		for (int round = 0; round < 2; round++) {
			this.app.run("""
					SELECT pgdispatch.dispatch('SELECT 1', key => 'key ' || i, ordering_key => 'order ' || i)
					  FROM generate_series(1, 5000) AS i""");
		}
		assertThat(Integer.parseInt(this.queue.value("SELECT count(*) FROM pg_locks WHERE pid = " + this.app.pid())))
			.isLessThan(2200);
		this.app.run("COMMIT");
		assertThat(this.queue.jobs()).isEqualTo(5_000);
	}

}
