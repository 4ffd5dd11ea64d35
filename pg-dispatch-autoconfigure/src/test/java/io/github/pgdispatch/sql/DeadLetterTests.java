package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What has had its attempts is kept with all that there is to know of it, for as long as
 * was set.
 */
class DeadLetterTests extends AbstractQueueTests {

	private ManagedJobs jobs;

	DeadLetterTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void prepare() throws SQLException {
		this.jobs = new ManagedJobs(this.app);
		this.queue.run("DELETE FROM pgdispatch.setting");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", ", result => 'rows'", ", result => 'count', time_limit => '1 minute'" })
	void everythingOfAJobIsKept(String options) throws SQLException {
		this.app.run("""
				CREATE OR REPLACE FUNCTION public.fail() RETURNS void LANGUAGE plpgsql AS $$
				BEGIN
					RAISE 'the message' USING ERRCODE = 'XX123', DETAIL = 'the detail', HINT = 'the hint';
				END $$""");
		this.app.run("BEGIN");
		long id = this.jobs.dispatch("SELECT public.fail()", "max_attempts => 2", "back_off => '0'",
				"headers => '{\"trace\": \"42\"}'" + options);
		String row = this.app
			.value("SELECT format('%s|%s|%s|%s', role, id, dispatched_at, command) FROM pgdispatch.job");
		this.app.run("COMMIT");
		this.app.work();
		assertThat(this.app
			.value("SELECT format('%s|%s|%s|%s', role, id, dispatched_at, command) FROM pgdispatch.dead_letter"))
			.isEqualTo(row);
		assertThat(this.jobs.deadLetters("id, attempts, crashes, sqlstate, message, detail, hint, headers ->> 'trace'"))
			.containsExactly(id + "|2|0|XX123|the message|the detail|the hint|42");
		assertThat(this.jobs.deadLetters(
				"due_at BETWEEN dispatched_at AND failed_at, failed_at <= now(), num_nulls(handler, arguments)"))
			.containsExactly("t|t|2");
		assertThat(this.jobs.deadLetters("context").get(0)).startsWith("PL/pgSQL function fail() line 3 at RAISE")
			.doesNotContain("pgdispatch");
		assertThat(
				this.jobs.deadLetters("options ->> 'max_attempts', options ->> 'back_off', options ->> 'time_limit'"))
			.containsExactly("2|00:00:00" + (options.contains("time_limit") ? "|00:01:00" : ""));
	}

	@Test
	void plainJobHasNoOptions() throws SQLException {
		this.app.fire("SELECT 1/0");
		this.app.work();
		assertThat(this.jobs.deadLetters("attempts, num_nulls(options, headers)")).containsExactly("1|2");
	}

	@Test
	void roleSeesAndDeletesItsOwnOnly() throws SQLException {
		String other = this.queue.createRole("LOGIN");
		this.queue.grantTo(other);
		this.jobs.dispatch("SELECT 1/0", "priority => 1");
		this.app.work();
		try (Session session = this.queue.session(other)) {
			assertThat(new ManagedJobs(session).deadLetters("1")).isEmpty();
			session.run("DELETE FROM pgdispatch.dead_letter");
		}
		assertThat(this.queue.deadLetters()).isOne();
		this.app.run("DELETE FROM pgdispatch.dead_letter WHERE sqlstate = '22012'");
		assertThat(this.queue.deadLetters()).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { "fire('SELECT 1/0')", "dispatch('SELECT 1/0', time_limit => '1 hour')" })
	void oldOnesAreDeletedWhenAnotherOneIsWritten(String dispatch) throws SQLException {
		writeOnesOf("13 days 23 hours", "14 days 1 hour");
		this.app.run("SELECT pgdispatch." + dispatch);
		this.app.work();
		assertThat(this.jobs.deadLetters("message")).containsExactly("13 days 23 hours", "division by zero");
	}

	@Test
	void oldOnesAreDeletedByWhoeverWatches() throws SQLException {
		writeOnesOf("13 days 23 hours", "14 days 1 hour");
		this.app.run("SELECT pgdispatch.poll_queue(100, false)");
		assertThat(this.jobs.deadLetters("message")).containsExactly("13 days 23 hours");
	}

	@Test
	void oldOnesAreDeletedByANodeThatWatches() throws SQLException {
		writeOnesOf("13 days 23 hours", "14 days 1 hour");
		this.app.run("SELECT pgdispatch.poll_handlers(md5('')::uuid, '{}', false)");
		assertThat(this.jobs.deadLetters("message")).containsExactly("13 days 23 hours");
	}

	@Test
	void retentionIsSetForAllOrForARole() throws SQLException {
		writeOnesOf("1 day", "3 days", "15 days", "100 days");
		this.queue.run("CALL pgdispatch.configure(dead_letter_retention => '30 days')");
		watchAnew();
		assertThat(this.jobs.deadLetters("message")).containsExactly("15 days", "3 days", "1 day");
		this.queue.run("CALL pgdispatch.configure('app', dead_letter_retention => '2 days')");
		watchAnew();
		assertThat(this.jobs.deadLetters("message")).containsExactly("1 day");
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.setting")).isEqualTo("2");
	}

	@Test
	void retentionIsNotTheRolesToSet() throws SQLException {
		assertThat(this.app.error("CALL pgdispatch.configure(result_limit => 1)").getSQLState()).isEqualTo("42501");
		assertThat(this.app.value("SELECT dead_letter_retention FROM pgdispatch.settings('app')")).isEqualTo("14 days");
	}

	private void watchAnew() throws SQLException {
		try (Session session = this.queue.app()) {
			session.run("SELECT pgdispatch.poll_queue(100, false)");
		}
	}

	private void writeOnesOf(String... ages) throws SQLException {
		for (int i = 0; i < ages.length; i++) {
			this.queue
				.run("""
						INSERT INTO pgdispatch.dead_letter (role, id, command, dispatched_at, due_at, failed_at, crashes, sqlstate, message)
						VALUES ('app', -%1$d, 'SELECT 1', now(), now(), now() - interval '%2$s', 0, '22012', '%2$s')"""
					.formatted(i, ages[i]));
		}
	}

}
