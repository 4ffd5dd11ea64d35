package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Many jobs are dispatched in one call, each for itself, and all or none.
 */
class FireAllTests extends AbstractQueueTests {

	FireAllTests(TestDatabase database) {
		super(database);
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 1000 })
	void idsAreInTheOrderOfTheCommandsAndSoAreTheRuns(int number) throws SQLException {
		String ids = this.app
			.value("""
					SELECT array_to_string(pgdispatch.fire_all(array_agg(format('INSERT INTO public.effect VALUES (%%L)', %1$d - i)
					                                                     ORDER BY i)), ',')
					  FROM generate_series(1, %1$d) AS i"""
				.formatted(number));
		assertThat(this.app.values("SELECT id FROM pgdispatch.job ORDER BY substring(command, '[0-9]+')::integer DESC"))
			.containsExactly(ids.split(","));
		assertThat(this.queue.jobs()).isEqualTo(number);
		assertThat(this.queue.value("SELECT count(*) FROM pgdispatch.managed_job")).isEqualTo("0");
		assertThat(this.app.work().completed()).isEqualTo(number);
		assertThat(this.queue.effects()).hasSize(number)
			.isSortedAccordingTo((one, two) -> Integer.parseInt(two) - Integer.parseInt(one));
	}

	@Test
	void eachIsAJobOfItsOwn() throws SQLException {
		String[] ids = this.app
			.value("SELECT array_to_string(pgdispatch.fire_all(ARRAY['%s', 'SELECT 1/0', '%s']), ',')"
				.formatted(Queue.effect("first").replace("'", "''"), Queue.effect("last").replace("'", "''")))
			.split(",");
		assertThat(this.app.work().failed()).isOne();
		assertThat(this.queue.effects()).containsExactly("first", "last");
		assertThat(new ManagedJobs(this.app).deadLetters("id")).containsExactly(ids[1]);
	}

	@Test
	void delayAttemptsAndHeadersHoldForAll() throws SQLException {
		this.app.run("SELECT pgdispatch.fire_all('{SELECT 1/0,SELECT 1/0}', '90.7 minutes', max_attempts => 3, "
				+ "headers => '{\"trace\":\"42\"}')");
		assertThat(this.app
			.values("SELECT concat_ws(' ', due_at - dispatched_at, max_attempts, headers) FROM pgdispatch.job"))
			.containsExactly("01:30:42 3 {\"trace\":\"42\"}", "01:30:42 3 {\"trace\":\"42\"}");
	}

	@ParameterizedTest
	@ValueSource(strings = { "'{}'", "NULL" })
	void nothingIsDispatchedForNoCommands(String commands) throws SQLException {
		assertThat(this.app.value("SELECT pgdispatch.fire_all(" + commands + ")")).isEqualTo("{}");
		assertThat(this.queue.jobs()).isZero();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			ARRAY['SELECT 1', NULL]                         | 22004 | pgdispatch: the command is NULL
			ARRAY[NULL, 'SELECT 1']                         | 22004 | pgdispatch: the command is NULL
			ARRAY['SELECT 1', ' ']                          | 22023 | pgdispatch: the command is blank
			ARRAY['SELECT 1', 'SELECT 1'], NULL             | 22004 | pgdispatch: the delay is NULL
			ARRAY['SELECT 1', 'SELECT 1'], '-1 s'           | 22023 | pgdispatch: the delay is -00:00:01
			ARRAY['SELECT 1'], max_attempts => 0            | 22023 | pgdispatch: max_attempts is 0
			ARRAY['SELECT 1', 'S'], max_attempts => 99999   | 22023 | pgdispatch: max_attempts is 99999
			""")
	void allOrNoneAreDispatched(String arguments, String sqlState, String message) throws SQLException {
		assertThat(this.app.error("SELECT pgdispatch.fire_all(" + arguments + ")")).satisfies((error) -> {
			assertThat(error.getSQLState()).isEqualTo(sqlState);
			assertThat(error.getMessage()).isEqualTo(message);
		});
		assertThat(this.queue.jobs()).isZero();
	}

	@Test
	void readOnlyTransactionIsRefused() throws SQLException {
		this.app.run("BEGIN READ ONLY");
		assertThat(this.app.error("SELECT pgdispatch.fire_all('{SELECT 1}')").getSQLState()).isEqualTo("25006");
		this.app.run("ROLLBACK");
	}

	@Test
	void theyAreRolledBackTogether() throws SQLException {
		this.app.run("BEGIN", "SELECT pgdispatch.fire_all('{SELECT 1,SELECT 2}')", "ROLLBACK");
		assertThat(this.queue.jobs()).isZero();
	}

}
