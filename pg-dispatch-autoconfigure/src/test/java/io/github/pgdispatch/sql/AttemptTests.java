package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A job that fails is run again as often as was asked for, and not once more.
 */
class AttemptTests extends AbstractQueueTests {

	private static final String AT_ONCE = "back_off => '0'";

	private ManagedJobs jobs;

	AttemptTests(TestDatabase database) {
		super(database);
	}

	@BeforeEach
	void prepare() {
		this.jobs = new ManagedJobs(this.app);
	}

	@ParameterizedTest
	@ValueSource(strings = { "prefetch => 1", "prefetch => 50", "prefetch => 100", "prefetch => -49" })
	void jobIsRunUntilItSucceeds(String prefetch) throws SQLException {
		this.jobs.dispatch(this.jobs.failing(2, "22012"), "max_attempts => 5", AT_ONCE);
		assertThat(this.app.work(prefetch).completed()).isOne();
		assertThat(this.jobs.runs()).isEqualTo(3);
		assertThat(this.queue.effects()).containsExactly("failing");
		assertThat(this.queue.deadLetters()).isZero();
		assertThat(this.jobs.leftovers()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "prefetch => 1", "prefetch => 50", "prefetch => 100", "prefetch => -49" })
	void jobThatHasHadItsAttemptsIsADeadLetter(String prefetch) throws SQLException {
		this.jobs.dispatch(this.jobs.failing(100, "22012"), "max_attempts => 3", AT_ONCE);
		assertThat(this.app.work(prefetch).failed()).isOne();
		// A run in a chunk is undone, and is no attempt.
		assertThat(this.jobs.runs()).isEqualTo(prefetch.endsWith("100") ? 4 : 3);
		assertThat(this.queue.effects()).isEmpty();
		assertThat(this.jobs.deadLetters("sqlstate, attempts, crashes")).containsExactly("22012|3|0");
		assertThat(this.jobs.leftovers()).isEmpty();
	}

	@Test
	void jobThatAsksForAttemptsOnlyIsAPlainOneUntilItFails() throws SQLException {
		long id = this.jobs.dispatch(this.jobs.failing(1, "22012"), "max_attempts => 2");
		String rows = "SELECT concat_ws('|', j.max_attempts, j.managed, m.attempts, m.max_attempts) "
				+ "FROM pgdispatch.job AS j LEFT JOIN pgdispatch.managed_job AS m USING (role, id)";
		assertThat(this.app.value(rows)).isEqualTo("2");
		assertThat(this.app.work().failed()).isZero();
		assertThat(this.app.value(rows)).isEqualTo("2|t|1|2");
		assertThat(this.jobs.find(id, "state, attempts")).isEqualTo("snoozed|1");
		makeDue();
		assertThat(this.app.work().completed()).isOne();
		assertThat(this.queue.effects()).containsExactly("failing");
		assertThat(this.jobs.leftovers()).isEmpty();
	}

	/**
	 * pg_cron would store the message.
	 */
	@Test
	void clientIsToldOfAnAttemptThatWillBeRepeatedButNotPgCron() throws SQLException {
		long id = this.jobs.dispatch("SELECT 1/0", "max_attempts => 3", "back_off => '1 hour'");
		assertThat(messages("CALL pgdispatch.work()")).containsExactly(
				"PD004 SQL job " + id + " (attempt 1) failed and will be run again, SQLSTATE 22012: division by zero");
		makeDue();
		this.queue.run("CALL pgdispatch.configure(cron_linger => '0')");
		assertThat(messages("CALL pgdispatch.cron_work()")).isEmpty();
		assertThat(this.jobs.find(id, "state, attempts")).isEqualTo("snoozed|2");
		this.queue.run("DELETE FROM pgdispatch.setting");
	}

	private List<String> messages(String call) throws SQLException {
		List<String> messages = new ArrayList<>();
		try (Statement statement = this.app.connection().createStatement()) {
			statement.execute(call);
			for (SQLWarning each = statement.getWarnings(); each != null; each = each.getNextWarning()) {
				messages.add(each.getSQLState() + " " + each.getMessage());
			}
		}
		return messages;
	}

	@Test
	void plainJobThatHasHadItsAttemptsIsADeadLetter() throws SQLException {
		this.jobs.dispatch(this.jobs.failing(100, "22012"), "max_attempts => 3");
		for (int attempt = 1; attempt <= 3; attempt++) {
			assertThat(this.jobs.deadLetters("1")).isEmpty();
			this.app.work();
			assertThat(this.jobs.runs()).isEqualTo(attempt);
			makeDue();
		}
		assertThat(this.jobs.deadLetters("sqlstate, attempts, options"))
			.containsExactly("22012|3|{\"max_attempts\": 3}");
		assertThat(this.jobs.leftovers()).isEmpty();
	}

	private void makeDue() throws SQLException {
		this.queue.run("UPDATE pgdispatch.managed_job SET place = now() - interval '1 s', due_at = now()",
				"UPDATE pgdispatch.job SET due_at = now() - interval '1 s'",
				"UPDATE pgdispatch.managed_job AS m SET place = j.due_at FROM pgdispatch.job AS j WHERE j.id = m.id");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", ", max_attempts => 1", ", max_attempts => 1, back_off => '0'" })
	void withoutMoreIsAskedForTheFirstAttemptIsTheLast(String options) throws SQLException {
		String command = this.jobs.failing(100, "22012");
		this.app.run("SELECT pgdispatch.dispatch($job$" + command + "$job$" + options + ")");
		this.app.work();
		assertThat(this.jobs.runs()).isOne();
		assertThat(this.jobs.deadLetters("attempts")).containsExactly("1");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			syntax error                            | 42601
			SELECT no_such_function()               | 42883
			TABLE no_such_table                     | 42P01
			TABLE pg_authid                         | 42501
			COMMIT                                  | 0A000
			CREATE TABLE no_such_schema.t ()        | 3F000
			""")
	void errorThatWouldComeAgainEndsTheJobAtOnce(String command, String sqlState) throws SQLException {
		this.jobs.dispatch(command, "max_attempts => 5");
		this.jobs.dispatch(command, "max_attempts => 5", AT_ONCE);
		this.app.work();
		assertThat(this.jobs.deadLetters("sqlstate, attempts")).containsExactly(sqlState + "|1", sqlState + "|1");
	}

	@Test
	void jobThatWaitsForItsNextAttemptHoldsNobodyUp() throws SQLException {
		this.jobs.dispatch(this.jobs.failing(100, "22012"), "max_attempts => 9", "back_off => '1 hour'");
		this.jobs.dispatch(Queue.effect("managed"), "max_attempts => 9", AT_ONCE);
		this.app.fire(Queue.effect("plain"));
		assertThat(this.app.work().completed()).isEqualTo(2);
		assertThat(this.queue.effects()).containsExactlyInAnyOrder("managed", "plain");
		assertThat(this.jobs.runs()).isOne();
		assertThat(this.app.work().nextDueIn()).isBetween("00:44", "01:15:01");
	}

}
