package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.sql.Node.Job;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Steps are kept as long as their job, and only by the node that has the claim.
 */
class StepTests extends AbstractQueueTests {

	private static final String OPTIONS = ", ordering_key => 'o', max_attempts => 2";

	StepTests(TestDatabase database) {
		super(database);
	}

	private long dispatch(String options) throws SQLException {
		return Long.parseLong(this.app.value("SELECT pgdispatch.dispatch_handler('a'" + options + ")"));
	}

	private static String endSql(Node node, Job job, String step) {
		return "SELECT pgdispatch.end_step('%s', 'a', '%s', %d, %d, '%s', '\"done\"')".formatted(node.id(), job.dueAt(),
				job.id(), job.attempt(), step);
	}

	private boolean end(Node node, Job job, String step) throws SQLException {
		return "t".equals(this.app.value(endSql(node, job, step)));
	}

	private int steps() throws SQLException {
		return Integer.parseInt(this.queue.value("SELECT count(*) FROM pgdispatch.step"));
	}

	private int managed() throws SQLException {
		return Integer.parseInt(this.queue.value("SELECT count(*) FROM pgdispatch.managed_job WHERE handler = 'a'"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", OPTIONS })
	void stepsVanishWithTheJobThatIsDone(String options) throws SQLException {
		long id = dispatch(options);
		Node node = new Node(this.app);
		Job job = node.claim(1, "a").get(0);
		assertThat(end(node, job, "one")).isTrue();
		assertThat(end(node, job, "two")).isTrue();
		assertThat(this.app.values("SELECT name || ' ' || result FROM pgdispatch.steps(" + id + ")"))
			.containsExactly("one \"done\"", "two \"done\"");
		assertThat(node.complete(job)).isTrue();
		assertThat(steps()).isZero();
		assertThat(managed()).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", OPTIONS })
	void stepsVanishWithJobsThatAreDoneTogether(String options) throws SQLException {
		dispatch(options);
		dispatch("");
		Node node = new Node(this.app);
		var jobs = node.claim(2, "a");
		assertThat(end(node, jobs.get(0), "one")).isTrue();
		node.complete(jobs);
		assertThat(steps() + managed()).isZero();
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.handler_job")).isEqualTo("0");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", OPTIONS })
	void stepsVanishWithTheJobThatIsCancelled(String options) throws SQLException {
		long id = dispatch(options);
		Node node = new Node(this.app);
		Job job = node.claim(1, "a").get(0);
		end(node, job, "one");
		node.release(job);
		assertThat(this.app.value("SELECT pgdispatch.cancel(" + id + ")")).isEqualTo("cancelled");
		assertThat(steps() + managed()).isZero();
	}

	@Test
	void stepsVanishWithTheJobThatIsCancelledWhileItRuns() throws SQLException {
		long id = dispatch("");
		Node node = new Node(this.app);
		Job job = node.claim(1, "a").get(0);
		end(node, job, "one");
		assertThat(this.app.value("SELECT pgdispatch.cancel(" + id + ")")).isEqualTo("interrupting");
		assertThat(end(node, job, "two")).isTrue();
		assertThat(steps()).isEqualTo(2);
		node.release(job);
		assertThat(steps() + managed()).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", OPTIONS })
	void deadLetterKeepsStepsForItsRetry(String options) throws SQLException {
		long id = dispatch(options);
		Node node = new Node(this.app);
		Job job = node.claim(1, "a").get(0);
		end(node, job, "one");
		assertThat(node.fail(job)).isTrue();
		assertThat(steps()).isOne();

		assertThat(this.app.value("SELECT pgdispatch.retry(" + id + ")")).isEqualTo("t");
		assertThat(this.app.values("SELECT name FROM pgdispatch.steps(" + id + ")")).containsExactly("one");
		Job again = node.claim(1, "a").get(0);
		assertThat(again.id()).isEqualTo(id);
		assertThat(end(node, again, "two")).isTrue();
		assertThat(node.complete(again)).isTrue();
		assertThat(steps() + managed()).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", OPTIONS })
	void stepsVanishWithTheDeadLetter(String options) throws SQLException {
		dispatch(options);
		Node node = new Node(this.app);
		Job job = node.claim(1, "a").get(0);
		end(node, job, "one");
		node.fail(job);
		this.app.run("DELETE FROM pgdispatch.dead_letter");
		assertThat(steps() + managed()).isZero();
	}

	@Test
	void stepsVanishWithTheDeadLetterThatHasExpired() throws SQLException {
		dispatch("");
		Node node = new Node(this.app);
		Job job = node.claim(1, "a").get(0);
		end(node, job, "one");
		node.fail(job);
		this.app.run("UPDATE pgdispatch.dead_letter SET failed_at = failed_at - interval '9 years'",
				"SELECT pgdispatch.purge_dead_letters('app')");
		assertThat(steps()).isZero();
	}

	@Test
	void nodeThatHasLostItsClaimKeepsNoStep() throws SQLException {
		dispatch("");
		Node frozen = new Node(this.app);
		Job lost = frozen.claim(1, "a").get(0);
		frozen.freeze();
		Node other = new Node(this.app, "1 millisecond");
		Job job = other.claim(1, "a").get(0);
		assertThat(end(frozen, lost, "one")).isFalse();
		assertThat(steps()).isZero();
		assertThat(end(other, job, "one")).isTrue();
		assertThat(end(frozen, lost, "two")).isFalse();
		assertThat(this.app.value("SELECT pgdispatch.sleep_handler_job('%s', 'a', '%s', %d, %d, 'nap', '1 hour')"
			.formatted(frozen.id(), lost.dueAt(), lost.id(), lost.attempt()))).isEqualTo("f");
		assertThat(steps()).isOne();
		assertThat(other.complete(job)).isTrue();
	}

	@Test
	void nobodyTakesOverOrWaitsWhileAStepIsCommitted() throws SQLException {
		long id = dispatch("");
		Node node = new Node(this.app, "1 millisecond");
		Job job = node.claim(1, "a").get(0);
		this.app.run("BEGIN", endSql(node, job, "one"));
		try (Session session = this.queue.app()) {
			session.run("SET lock_timeout = '1ms'");
			Node other = new Node(session, "1 millisecond");
			assertThat(other.claim(1, "a")).isEmpty();
			assertThat(session.value("SELECT pgdispatch.cancel(" + id + ", '0')")).isEqualTo("interrupting");
			session.run("SELECT pgdispatch.fire('SELECT 1')", "SELECT pgdispatch.dispatch_handler('a')",
					"SELECT pgdispatch.heartbeat('" + node.id() + "', '1 hour', '{" + id + "}')");
			this.app.run("COMMIT");
			assertThat(steps()).isOne();
		}
	}

	@Test
	void sleepingJobIsDueAfterTheDelayWithoutAnAttempt() throws SQLException {
		long id = dispatch("");
		Node node = new Node(this.app);
		Job job = node.claim(1, "a").get(0);
		assertThat(this.app.value("SELECT pgdispatch.sleep_handler_job('%s', 'a', '%s', %d, %d, 'nap', '1 hour')"
			.formatted(node.id(), job.dueAt(), job.id(), job.attempt()))).isEqualTo("t");
		assertThat(this.app.value(
				"SELECT (state, attempts, sqlstate, due_at > now() + interval '59 minutes')::text FROM pgdispatch.find("
						+ id + ")"))
			.isEqualTo("(snoozed,0,,t)");
		assertThat(this.app.values("SELECT name FROM pgdispatch.steps(" + id + ") WHERE result IS NULL"))
			.containsExactly("nap");
		assertThat(node.claim(1, "a")).isEmpty();
		assertThat(this.app.value("SELECT pgdispatch.run_now(" + id + ")")).isEqualTo("t");
		assertThat(node.claim(1, "a")).extracting(Job::attempt).containsExactly(1);
	}

	@Test
	void sleepWaitsForNobodyWhoHasLockedTheJob() throws SQLException {
		dispatch("");
		Node node = new Node(this.app);
		Job job = node.claim(1, "a").get(0);
		try (Session session = this.queue.app()) {
			session.run("BEGIN", "SELECT FROM pgdispatch.handler_job FOR UPDATE");
			assertThatExceptionOfType(SQLException.class)
				.isThrownBy(() -> this.app.run("SELECT pgdispatch.sleep_handler_job('%s', 'a', '%s', %d, 1, 'nap', '0')"
					.formatted(node.id(), job.dueAt(), job.id())))
				.extracting(SQLException::getSQLState)
				.isEqualTo("55P03");
			session.run("ROLLBACK");
		}
	}

	@Test
	void jobWithStepsIsNotReplaced() throws SQLException {
		String replacing = ", key => 'k', on_duplicate => 'replace'";
		long id = dispatch(replacing);
		Node node = new Node(this.app);
		Job job = node.claim(1, "a").get(0);
		end(node, job, "one");
		this.app.run(node.endSql(job, "true", "NULL", 3));
		assertThat(dispatch(replacing)).isNotEqualTo(id);
		assertThat(this.app.values("SELECT name FROM pgdispatch.steps(" + id + ")")).containsExactly("one");
	}

	@Test
	void nameIsCheckedAndUnique() throws SQLException {
		dispatch("");
		Node node = new Node(this.app);
		Job job = node.claim(1, "a").get(0);
		assertThat(refusal(endSql(node, job, " "))).isEqualTo("22023");
		end(node, job, "one");
		assertThat(refusal(endSql(node, job, "one"))).isEqualTo("23505");
	}

	private String refusal(String sql) {
		try {
			this.app.run(sql);
			return "";
		}
		catch (SQLException ex) {
			return String.valueOf(ex.getSQLState());
		}
	}

	@Test
	void strangerSeesAndKeepsNothing() throws SQLException {
		long id = dispatch("");
		Node node = new Node(this.app);
		Job job = node.claim(1, "a").get(0);
		end(node, job, "one");
		String role = this.queue.createRole("LOGIN");
		this.queue.grantTo(role);
		try (Session stranger = this.queue.session(role)) {
			assertThat(stranger.values("SELECT name FROM pgdispatch.steps(" + id + ")")).isEmpty();
			assertThat(stranger.value("SELECT count(*) FROM pgdispatch.step")).isEqualTo("0");
			assertThat(stranger.value(endSql(node, job, "two"))).isEqualTo("f");
			stranger.run("DELETE FROM pgdispatch.step");
		}
		assertThat(steps()).isOne();
	}

	@Test
	void revokedRoleLeavesNoStep() throws SQLException {
		dispatch("");
		Node node = new Node(this.app);
		Job job = node.claim(1, "a").get(0);
		end(node, job, "one");
		this.queue.run("BEGIN", "CALL pgdispatch.revoke_from('app')");
		assertThat(steps()).isZero();
		this.queue.run("ROLLBACK");
	}

}
