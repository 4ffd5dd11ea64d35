package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What becomes of jobs of handlers that fail, are cancelled, or take their nodes down.
 */
class ManagedHandlerTests extends AbstractRunLogTests {

	ManagedHandlerTests(TestDatabase database) {
		super(database);
	}

	private Node.Job claim() throws SQLException {
		return this.node.claim(1, "h").get(0);
	}

	private String claimPoisonJob(Node node) throws SQLException {
		return this.app
			.value("SELECT concat_ws('|', id, crashes, sqlstate) FROM pgdispatch.claim_poison_job('%s', '1 ms', '{h}')"
				.formatted(node.id()));
	}

	private String cancelledOf(Node node, Object... known) throws SQLException {
		return this.app.value("SELECT pgdispatch.heartbeat('%s', '1 hour', ARRAY[%s]::bigint[])".formatted(node.id(),
				Stream.of(known).map(String::valueOf).collect(Collectors.joining(","))));
	}

	private boolean cancelled(Node node, Node.Job job) throws SQLException {
		return this.app
			.value("SELECT pgdispatch.cancel_handler_job('%s', '%s', '%s', %d, %d)".formatted(node.id(), job.handler(),
					job.dueAt(), job.id(), job.attempt()))
			.equals("t");
	}

	@Test
	void failedAttemptIsRepeatedAsOftenAsTheHandlerSays() throws SQLException {
		String id = calls("h");
		for (int attempt = 1; attempt <= 2; attempt++) {
			assertThat(this.app.value(this.node.endSql(claim(), "true", "NULL", 3))).isEqualTo("retried");
			assertThat(this.runLog.state(id)).isEqualTo("snoozed");
			assertThat(this.node.claim(1, "h")).isEmpty();
			assertThat(this.queue.value(
					"SELECT due_at - now() BETWEEN interval '%s minutes' AND interval '%s minutes' FROM pgdispatch.handler_job"
						.formatted(attempt * 44, attempt * 76)))
				.isEqualTo("t");
			this.queue.run("UPDATE pgdispatch.handler_job SET due_at = now()");
		}
		assertThat(this.app.value(this.node.endSql(claim(), "true", "NULL", 3))).isEqualTo("dead");
		assertThat(this.queue.value("SELECT concat_ws('|', id, attempts, message) FROM pgdispatch.dead_letter"))
			.isEqualTo(id + "|3|no luck");
	}

	@Test
	void whatTheJobItselfAsksForGoesBeforeWhatTheHandlerSays() throws SQLException {
		calls("h", "max_attempts => 2", "back_off => '1 day'", "max_back_off => '2 days'");
		assertThat(this.app.value(this.node.endSql(claim(), "true", "NULL", 1))).isEqualTo("retried");
		assertThat(this.queue.value("SELECT due_at > now() + interval '17 hours' FROM pgdispatch.managed_job"))
			.isEqualTo("t");
		this.queue.run("UPDATE pgdispatch.handler_job SET due_at = now()",
				"UPDATE pgdispatch.managed_job SET place = now(), due_at = now()");
		assertThat(this.app.value(this.node.endSql(claim(), "true", "'1 hour'", 9))).isEqualTo("dead");
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void attemptThatIsNotToBeRepeatedIsTheLast() throws SQLException {
		calls("h");
		assertThat(this.app.value(this.node.endSql(claim(), "false", "NULL", 10))).isEqualTo("dead");
		calls("h", "max_attempts => 5");
		assertThat(this.app.value(this.node.endSql(claim(), "false", "NULL", 10))).isEqualTo("dead");
	}

	@Test
	void lostClaimEndsNothing() throws SQLException {
		calls("h", "priority => 1");
		Node.Job job = claim();
		assertThat(this.app.value(this.node.endSql(job.withAttempt(2), "true", "NULL", 3))).isNull();
		assertThat(this.app.value(new Node(this.app).endSql(job, "true", "NULL", 3))).isNull();
		assertThat(cancelled(new Node(this.app), job)).isFalse();
		assertThat(this.node.complete(job)).isTrue();
	}

	@Test
	void runningJobThatIsCancelledIsMadeKnownToItsNodeAndGoneOnceItIsInterrupted() throws SQLException {
		String[] plainAndManaged = { calls("h"), calls("h", "ordering_key => 'o'", "keep_result => '1 hour'") };
		for (String id : plainAndManaged) {
			Node.Job job = claim();
			assertThat(cancelledOf(this.node, job.id())).isEqualTo("{}");
			this.app.run("LISTEN \"" + this.app.value("SELECT pgdispatch.node_channel('app')") + "\"");
			assertThat(this.app.value("SELECT pgdispatch.cancel(" + id + ")")).isEqualTo("interrupting");
			assertThat(cancelledOf(this.node, 0, job.id())).isEqualTo("{" + id + "}");
			assertThat(cancelledOf(new Node(this.app), job.id())).isEqualTo("{}");
			assertThat(cancelled(this.node, job)).isTrue();
		}
		this.app.work();
		assertThat(this.runLog.remains()).isZero();
		assertThat(this.queue.deadLetters()).isZero();
		assertThat(this.runLog.state(plainAndManaged[1])).isEqualTo("cancelled");
	}

	@Test
	void cancelledJobThatFailsOrIsReleasedIsNotRunAgain() throws SQLException {
		String failing = calls("h", "ordering_key => 'o'");
		Node.Job job = claim();
		this.app.run("SELECT pgdispatch.cancel(" + failing + ")");
		assertThat(this.app.value(this.node.endSql(job, "true", "NULL", 3))).isEqualTo("cancelled");
		String released = calls("h", "ordering_key => 'o'");
		job = claim();
		this.app.run("SELECT pgdispatch.cancel(" + released + ")");
		this.node.release(job);
		assertThat(this.node.claim(1, "h")).isEmpty();
		this.app.work();
		assertThat(this.runLog.remains()).isZero();
	}

	@Test
	void cancelledJobWhoseNodeIsLostIsNotRunAgain() throws SQLException {
		String id = calls("h", "ordering_key => 'o'");
		String behind = calls("h", "ordering_key => 'o'");
		claim();
		this.app.run("SELECT pgdispatch.cancel(" + id + ")");
		this.node.freeze();
		Node survivor = new Node(this.app, "1 ms");
		assertThat(survivor.claim(5, "h")).isEmpty();
		assertThat(this.app
			.value("SELECT poison FROM pgdispatch.poll_handlers('%s', '{h}', false)".formatted(survivor.id())))
			.isEqualTo("t");
		assertThat(claimPoisonJob(survivor)).isNull();
		this.app.work();
		assertThat(survivor.claim(5, "h")).hasSize(1).first().extracting(Node.Job::id).hasToString(behind);
	}

	@Test
	void jobThatTakesNodesDownIsRunAloneFromTheSecondOnAndGivenUpAfterTheFifth() throws SQLException {
		String id = calls("h", "ordering_key => 'o'");
		calls("h", "ordering_key => 'o'");
		Node first = new Node(this.app);
		first.claim(1, "h");
		first.freeze();
		Node second = new Node(this.app, "1 ms");
		assertThat(second.claim(5, "h")).extracting(Node.Job::id).containsExactly(Long.valueOf(id));
		second.freeze();
		for (int crashes = 2; crashes < 5; crashes++) {
			Node next = new Node(this.app, "1 ms");
			assertThat(next.claim(5, "h")).isEmpty();
			assertThat(claimPoisonJob(next)).isEqualTo(id + "|" + crashes);
			next.freeze();
		}
		Node last = new Node(this.app, "1 ms");
		assertThat(claimPoisonJob(last)).isEqualTo(id + "|5|58000");
		assertThat(this.queue.value("SELECT concat_ws('|', id, sqlstate, crashes) FROM pgdispatch.dead_letter"))
			.isEqualTo(id + "|58000|5");
		this.app.run("DELETE FROM pgdispatch.dead_letter");
		this.app.work();
		assertThat(last.claim(5, "h")).hasSize(1);
	}

	@Test
	void pausedHandlerIsNotClaimedFrom() throws SQLException {
		calls("h");
		calls("g");
		this.app.run("SELECT pgdispatch.pause(handler => 'h')");
		assertThat(this.node.claim(5, "g", "h")).extracting(Node.Job::handler).containsExactly("g");
		this.app.run("SELECT pgdispatch.pause()", "SELECT pgdispatch.resume(handler => 'h')");
		job("command");
		assertThat(this.node.claim(5, "g", "h")).isEmpty();
		assertThat(this.app.work().completed()).isZero();
		this.app.run("SELECT pgdispatch.resume()");
		assertThat(this.node.claim(5, "g", "h")).hasSize(1);
		assertThat(this.app.work().completed()).isOne();
	}

	@Test
	void releasedJobKeepsItsPlace() throws SQLException {
		String first = calls("h", "ordering_key => 'o'");
		calls("h", "ordering_key => 'o'");
		assertThat(this.node.release(claim(), "1 hour")).isTrue();
		assertThat(this.node.claim(5, "h")).isEmpty();
		this.queue.run("UPDATE pgdispatch.handler_job SET due_at = now() WHERE id = " + first,
				"UPDATE pgdispatch.managed_job SET place = now(), due_at = now() WHERE id = " + first);
		try (Session session = this.queue.app()) {
			Node other = new Node(session);
			Node.Job job = other.claim(5, "h").get(0);
			assertThat(job.id()).hasToString(first);
			assertThat(job.attempt()).isOne();
			assertThat(other.release(job)).isTrue();
		}
		assertThat(this.node.claim(5, "h")).hasSize(1).first().extracting(Node.Job::id).hasToString(first);
	}

}
