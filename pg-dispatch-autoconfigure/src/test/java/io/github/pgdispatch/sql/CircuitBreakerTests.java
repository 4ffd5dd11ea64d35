package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static io.github.pgdispatch.sql.RunLog.dispatch;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * The circuit breaker of a handler trips after failures in a row. Then no attempt is
 * spent but those of one probe at a time, until one succeeds.
 */
class CircuitBreakerTests extends AbstractRunLogTests {

	private static final String BREAKER = "break_after => 3, break_for => '10 minutes'";

	CircuitBreakerTests(TestDatabase database) {
		super(database);
	}

	@Test
	void tripsAfterFailuresInARowAndSpendsNoMoreAttempts() throws SQLException {
		callTimes(10);
		fail(2);
		assertThat(tripped()).isEmpty();
		fail(1);
		assertThat(tripped()).containsExactly("h|3");
		assertThat(this.node.claim(10, "h")).isEmpty();
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.handler_job WHERE attempts = 0")).isEqualTo("7");
		assertThat(
				this.app.value("SELECT string_agg(DISTINCT state, ',') FROM pgdispatch.status() WHERE kind = 'handler'"
						+ " AND state <> 'snoozed'"))
			.isEqualTo("held");
		calls("other");
		assertThat(this.node.claim(10, "h", "other")).extracting(Node.Job::handler).containsExactly("other");
	}

	@Test
	void successEndsTheCount() throws SQLException {
		callTimes(10);
		fail(2);
		assertThat(this.node.completeAndCount(claimOne())).isTrue();
		assertThat(breakers()).isZero();
		fail(2);
		assertThat(tripped()).isEmpty();
		List<Node.Job> claimed = this.node.claim(2, "h");
		this.app.run(
				"SELECT pgdispatch.complete_handler_jobs('%s', '{h}', ARRAY['%s'::timestamptz], '{%d}', '{%d}', with_breaker => '{h}')"
					.formatted(this.node.id(), claimed.get(0).dueAt(), claimed.get(0).id(), claimed.get(0).attempt()));
		assertThat(breakers()).isZero();
	}

	@Test
	void failuresThatNoAttemptIsCountedForDoNotCount() throws SQLException {
		callTimes(10);
		for (int i = 0; i < 5; i++) {
			assertThat(this.app.value(this.node.failSql(claimOne(), "outage => true, " + BREAKER)))
				.isEqualTo("released");
			Node.Job cancelled = claimOne();
			this.app.run("UPDATE pgdispatch.handler_job SET cancelled = true WHERE id = " + cancelled.id());
			assertThat(this.app.value(this.node.failSql(cancelled, BREAKER))).isEqualTo("cancelled");
		}
		assertThat(breakers()).isZero();
	}

	@Test
	void oneProbeAtATimeBeginsAndItsSuccessResetsTheBreaker() throws SQLException {
		callTimes(10);
		fail(3);
		assertThat(look()).isEqualTo("f");
		assertThat(this.app.value("SELECT next_due_in BETWEEN '7 minutes' AND '13 minutes' FROM " + poll()))
			.isEqualTo("t");
		letAProbeBegin();
		assertThat(look()).isEqualTo("t");
		List<Node.Job> probe = this.node.claim(10, "h");
		assertThat(probe).hasSize(1);
		assertThat(look()).isEqualTo("f");
		assertThat(new Node(this.app).claim(10, "h")).isEmpty();
		assertThat(this.node.completeAndCount(probe.get(0))).isTrue();
		assertThat(breakers()).isZero();
		assertThat(this.queue.values("SELECT handler FROM pgdispatch.pause")).isEmpty();
		assertThat(this.node.claim(10, "h")).hasSize(6);
	}

	@Test
	void probeThatFailsMakesTheBreakerWaitLonger() throws SQLException {
		callTimes(10);
		fail(3);
		letAProbeBegin();
		fail(1);
		assertThat(tripped()).containsExactly("h|4");
		assertThat(this.queue.value("SELECT probe_at > now() + interval '14 minutes' FROM pgdispatch.breaker"))
			.isEqualTo("t");
		assertThat(this.node.claim(10, "h")).isEmpty();
	}

	@Test
	void jobsThatBeganBeforeItTrippedChangeNothing() throws SQLException {
		callTimes(10);
		List<Node.Job> running = new ArrayList<>(this.node.claim(6, "h"));
		for (int i = 0; i < 5; i++) {
			fail(running.remove(0));
		}
		assertThat(tripped()).containsExactly("h|3");
		assertThat(this.node.completeAndCount(running.remove(0))).isTrue();
		assertThat(tripped()).containsExactly("h|3");
	}

	@Test
	void twoNodesDoNotBothBeginAProbe() throws SQLException {
		callTimes(10);
		fail(3);
		letAProbeBegin();
		try (Session other = this.queue.app(); Session frozen = this.queue.app()) {
			frozen.run("BEGIN");
			assertThat(new Node(frozen).claim(10, "h")).hasSize(1);
			assertThat(new Node(other).claim(10, "h")).isEmpty();
			frozen.run("ROLLBACK");
			assertThat(new Node(other).claim(10, "h")).hasSize(1);
			assertThat(this.node.claim(10, "h")).isEmpty();
		}
	}

	@Test
	void probeOfALostNodeIsNotLostAndDoesNotBlockTheBreaker() throws SQLException {
		callTimes(4);
		fail(3);
		letAProbeBegin();
		Node frozen = new Node(this.app, "1 ms");
		Node.Job lost = frozen.claim(10, "h").get(0);
		frozen.freeze();
		Node survivor = new Node(this.app, "1 ms");
		List<Node.Job> probe = survivor.claim(10, "h");
		assertThat(probe).extracting(Node.Job::id).containsExactly(lost.id());
		frozen.renew();
		assertThat(frozen.completeAndCount(lost)).isFalse();
		assertThat(tripped()).hasSize(1);
		assertThat(survivor.completeAndCount(probe.get(0))).isTrue();
		assertThat(breakers()).isZero();
	}

	@Test
	void poisonJobIsAProbeToo() throws SQLException {
		callTimes(5);
		fail(3);
		this.queue.run("UPDATE pgdispatch.handler_job SET crashes = 2 WHERE due_at < now()");
		assertThat(this.node.claimPoisonJob("h")).isEmpty();
		letAProbeBegin();
		assertThat(this.node.claim(10, "h")).isEmpty();
		List<Node.Job> probe = this.node.claimPoisonJob("h");
		assertThat(probe).hasSize(1);
		assertThat(new Node(this.app).claimPoisonJob("h")).isEmpty();
		this.node.completeAndCount(probe.get(0));
		assertThat(this.node.claimPoisonJob("h")).hasSize(1);
	}

	@Test
	void managedJobIsAProbeOnlyIfItIsAdmitted() throws SQLException {
		callTimes(3);
		fail(3);
		calls("h", "ordering_key => 'k'");
		String waiting = calls("h", "ordering_key => 'k'");
		letAProbeBegin();
		Node.Job probe = claimOne();
		this.queue.run("UPDATE pgdispatch.breaker SET probe_place = NULL");
		assertThat(this.node.claim(10, "h")).isEmpty();
		assertThat(this.runLog.state(waiting)).isEqualTo("held");
		assertThat(this.node.completeAndCount(probe)).isTrue();
		assertThat(this.node.claim(10, "h")).extracting(Node.Job::id).containsExactly(Long.valueOf(waiting));
	}

	@Test
	void claimsOneByOneBeginOneProbe() throws SQLException {
		callTimes(10);
		fail(3);
		String claims = "SELECT id FROM pgdispatch.claim_handler_jobs_singly('" + this.node.id()
				+ "', '1 hour', '{h}', 10)";
		assertThat(this.app.values(claims)).isEmpty();
		letAProbeBegin();
		assertThat(this.app.values(claims)).hasSize(1);
		assertThat(this.app.values(claims)).isEmpty();
	}

	@Test
	void breakerWhoseProbesNobodyCountsIsReset() throws SQLException {
		callTimes(20);
		fail(3);
		letAProbeBegin();
		for (int i = 0; i < 10; i++) {
			List<Node.Job> probe = this.node.claim(10, "h");
			assertThat(probe).hasSize(1);
			assertThat(this.node.complete(probe.get(0))).isTrue();
		}
		assertThat(this.node.claim(10, "h")).hasSize(1);
		assertThat(breakers()).isZero();
		assertThat(this.node.claim(10, "h")).hasSize(6);
	}

	@Test
	void pauseOfAnOperatorWinsAndResumeResets() throws SQLException {
		callTimes(10);
		fail(3);
		this.app.run("SELECT pgdispatch.pause(handler => 'h')");
		letAProbeBegin();
		assertThat(this.node.claim(10, "h")).isEmpty();
		assertThat(this.app.values("SELECT name FROM pgdispatch.status() WHERE kind IN ('pause', 'breaker')"))
			.containsExactly("h", "h");
		this.app.run("SELECT pgdispatch.resume()");
		assertThat(tripped()).hasSize(1);
		this.app.run("SELECT pgdispatch.resume(handler => 'h')");
		assertThat(breakers()).isZero();
		assertThat(this.node.claim(10, "h")).hasSize(7);
	}

	@Test
	void pauseOfEverythingWins() throws SQLException {
		callTimes(10);
		fail(3);
		letAProbeBegin();
		this.app.run("SELECT pgdispatch.pause()");
		assertThat(this.node.claim(10, "h")).isEmpty();
		assertThat(look()).isEqualTo("f");
		this.app.run("SELECT pgdispatch.resume()");
		assertThat(this.node.claim(10, "h")).hasSize(1);
	}

	@Test
	void openTransactionThatResetsHoldsUpNobody() throws SQLException {
		callTimes(10);
		fail(2);
		List<Node.Job> running = this.node.claim(2, "h");
		try (Session operator = this.queue.app()) {
			operator.run("BEGIN", "SELECT pgdispatch.resume(handler => 'h')");
			assertThat(this.app.value(this.node.failSql(running.get(0), BREAKER))).isEqualTo("retried");
			assertThat(this.node.completeAndCount(running.get(1))).isTrue();
			operator.run("ROLLBACK");
		}
		assertThat(this.queue.value("SELECT failures FROM pgdispatch.breaker")).isEqualTo("2");
		fail(1);
		assertThat(tripped()).containsExactly("h|3");
	}

	@Test
	void transactionThatCountsAndFreezesHoldsUpNobody() throws SQLException {
		callTimes(10);
		List<Node.Job> running = this.node.claim(3, "h");
		try (Session frozen = this.queue.app()) {
			frozen.run("BEGIN");
			frozen.value(this.node.failSql(running.get(0), BREAKER));
			assertThat(this.app.value(this.node.failSql(running.get(1), BREAKER))).isEqualTo("retried");
			assertThat(this.node.completeAndCount(running.get(2))).isTrue();
			frozen.run("ROLLBACK");
		}
		assertThat(breakers()).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { "REPEATABLE READ", "SERIALIZABLE" })
	void successIsCountedAtAnyIsolationLevel(String level) throws SQLException {
		callTimes(10);
		fail(3);
		letAProbeBegin();
		Node.Job probe = claimOne();
		this.app.run("BEGIN ISOLATION LEVEL " + level);
		assertThat(this.node.completeAndCount(probe)).isTrue();
		this.app.run("COMMIT");
		assertThat(breakers()).isZero();
	}

	@Test
	void failureSinceTheSnapshotOfASuccessDoesNotFailIt() throws SQLException {
		callTimes(10);
		fail(1);
		List<Node.Job> running = this.node.claim(2, "h");
		try (Session other = this.queue.app()) {
			this.app.run("BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM pgdispatch.breaker");
			other.run(this.node.failSql(running.get(0), BREAKER));
			assertThat(this.node.completeAndCount(running.get(1))).isTrue();
			this.app.run("COMMIT");
		}
		assertThat(this.queue.value("SELECT failures FROM pgdispatch.breaker")).isEqualTo("2");
	}

	@Test
	void outcomeThatIsRolledBackIsNotCounted() throws SQLException {
		callTimes(10);
		Node.Job job = claimOne();
		this.app.run("BEGIN", this.node.failSql(job, "break_after => 1, break_for => '1 hour'"), "ROLLBACK");
		assertThat(breakers()).isZero();
		assertThat(this.queue.values("SELECT handler FROM pgdispatch.pause")).isEmpty();
	}

	@Test
	void breakersOfOtherRolesAreTheirOwn() throws SQLException {
		callTimes(10);
		fail(3);
		String other = this.queue.createRole("LOGIN");
		this.queue.grantTo(other);
		try (Session session = this.queue.session(other)) {
			session.run(RunLog.call("h"));
			assertThat(new Node(session).claim(10, "h")).hasSize(1);
			assertThat(session.value("SELECT count(*) FROM pgdispatch.breaker")).isEqualTo("0");
			session.run("SELECT pgdispatch.resume(handler => 'h')");
		}
		assertThat(tripped()).hasSize(1);
	}

	@Test
	void restingNodesAreWokenWhenItIsReset() throws SQLException {
		callTimes(10);
		fail(3);
		letAProbeBegin();
		Node.Job probe = claimOne();
		try (Session idle = this.queue.app()) {
			String channel = idle.value("SELECT pgdispatch.node_channel('app')");
			idle.run("LISTEN " + channel);
			idle.value("SELECT idle FROM pgdispatch.poll_handlers(md5('')::uuid, '{h}', true)");
			this.node.completeAndCount(probe);
			assertThat(notifications(idle)).containsExactly(channel);
		}
	}

	@Test
	void nobodyLooksWhereNoBreakerIsAskedFor() throws Exception {
		this.app.run("SELECT pgdispatch.set_queue('q', concurrency => 2)");
		this.queue.run("ALTER TABLE pgdispatch.breaker RENAME TO hidden");
		try {
			for (int i = 0; i < 5; i++) {
				job("plain " + i);
				job("queued " + i, "queue => 'q'");
				this.app.run(dispatch("SELECT 1/0", "queue => 'q'"));
				calls("h");
				calls("h", "queue => 'q'");
			}
			this.runLog.drain(2);
			for (List<Node.Job> claimed = this.node.claim(3, "h"); !claimed.isEmpty(); claimed = this.node.claim(3,
					"h")) {
				this.node.complete(claimed.get(0));
				this.node.complete(claimed.subList(1, claimed.size()));
			}
			assertThat(this.runLog.runs()).hasSize(10);
		}
		finally {
			this.queue.run("ALTER TABLE pgdispatch.hidden RENAME TO breaker");
		}
	}

	private void callTimes(int jobs) throws SQLException {
		this.app.run("SELECT pgdispatch.dispatch_handler('h') FROM generate_series(1, " + jobs + ")");
	}

	private Node.Job claimOne() throws SQLException {
		return this.node.claim(1, "h").get(0);
	}

	private void fail(int jobs) throws SQLException {
		for (int i = 0; i < jobs; i++) {
			fail(claimOne());
		}
	}

	private void fail(Node.Job job) throws SQLException {
		assertThat(this.app.value(this.node.failSql(job, BREAKER))).isEqualTo("retried");
	}

	private void letAProbeBegin() throws SQLException {
		this.queue.run("UPDATE pgdispatch.breaker SET probe_at = now() - interval '1 second'");
	}

	private List<String> tripped() throws SQLException {
		return this.app.values("SELECT name || '|' || count FROM pgdispatch.status() WHERE kind = 'breaker'");
	}

	private int breakers() throws SQLException {
		return Integer.parseInt(this.queue.value("SELECT count(*) FROM pgdispatch.breaker"));
	}

	private String look() throws SQLException {
		return this.app.value("SELECT due FROM " + poll());
	}

	private static String poll() {
		return "pgdispatch.poll_handlers(md5('')::uuid, '{h}', false)";
	}

}
