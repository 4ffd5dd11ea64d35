package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.util.ServerErrorMessage;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every option is checked by the function that it is passed to, so that nothing overflows
 * or fails later, when it would stop a worker.
 */
class OptionCheckTests extends AbstractQueueTests {

	/**
	 * The last ones are small as a whole, and have parts that no timestamp can bear.
	 */
	private static final List<String> HOSTILE_INTERVALS = List.of("300000 years", "-300000 years", "11 years",
			"10 years 3 days", "3653 days", "87673 hours", "-1 microsecond", "-1 month", "1 day -25 hours",
			"250000 years -90000000 days", "-250000 years 90000000 days", "80000000 days -1920000000 hours",
			"-80000000 days 1920000000 hours");

	OptionCheckTests(TestDatabase database) {
		super(database);
	}

	@ParameterizedTest
	@CsvSource(quoteCharacter = '"', delimiter = '|', textBlock = """
			the delay | SELECT pgdispatch.snooze('SELECT 1', ?)
			the delay | SELECT pgdispatch.dispatch('SELECT 1', delay => ?)
			the delay | SELECT pgdispatch.dispatch('SELECT 1', delay => ?, key => 'k')
			the delay | SELECT pgdispatch.fire_all(ARRAY['SELECT 1', 'SELECT 2'], delay => ?)
			the delay | SELECT pgdispatch.dispatch_handler('h', delay => ?)
			the delay | SELECT pgdispatch.dispatch_handler('h', delay => ?, max_attempts => 2)
			back-off | SELECT pgdispatch.dispatch('SELECT 1', back_off => ?)
			back-off | SELECT pgdispatch.dispatch_handler('h', back_off => ?)
			maximum back-off | SELECT pgdispatch.dispatch('SELECT 1', max_back_off => ?)
			maximum back-off | SELECT pgdispatch.dispatch_handler('h', max_back_off => ?)
			time limit | SELECT pgdispatch.dispatch('SELECT 1', time_limit => ?)
			time limit | SELECT pgdispatch.dispatch_handler('h', time_limit => ?)
			keep_key | SELECT pgdispatch.dispatch('SELECT 1', key => 'k', keep_key => ?)
			keep_key | SELECT pgdispatch.dispatch_handler('h', key => 'k', keep_key => ?)
			keep_result | SELECT pgdispatch.dispatch('SELECT 1', keep_result => ?)
			keep_result | SELECT pgdispatch.dispatch('SELECT 1', result => 'count', keep_result => ?)
			keep_result | SELECT pgdispatch.dispatch_handler('h', keep_result => ?)
			period | SELECT pgdispatch.set_queue('q', rate => 1, per => ?)
			patience | SELECT pgdispatch.cancel(1, ?)
			dead_letter_retention | CALL pgdispatch.configure(dead_letter_retention => ?)
			cron_linger | CALL pgdispatch.configure(cron_linger => ?)
			""")
	void intervalThatCouldOverflowLaterIsRefused(String option, String call) throws SQLException {
		List<String> intervals = new ArrayList<>(HOSTILE_INTERVALS);
		if (Integer.parseInt(this.app.value("SHOW server_version_num")) >= 170000) {
			intervals.addAll(List.of("infinity", "-infinity"));
		}
		for (String interval : intervals) {
			assertRefused(option, call.replace("?", "'" + interval + "'"));
		}
	}

	@ParameterizedTest
	@CsvSource(quoteCharacter = '"', delimiter = '|',
			textBlock = """
					max_attempts | SELECT pgdispatch.dispatch('SELECT 1', max_attempts => ?) | 0, -1, 32768, 2147483647, -2147483648
					max_attempts | SELECT pgdispatch.fire_all(ARRAY['SELECT 1', 'SELECT 2'], max_attempts => ?) | 0, 32768
					max_attempts | SELECT pgdispatch.dispatch_handler('h', max_attempts => ?) | 0, 32768
					back-off multiplier | SELECT pgdispatch.dispatch('SELECT 1', back_off_multiplier => ?) | 0.99, -2, 1001, 'NaN', 'Infinity', '-Infinity'
					back-off multiplier | SELECT pgdispatch.dispatch_handler('h', back_off_multiplier => ?) | 0.99, 1e308, 'NaN', 'Infinity'
					priority | SELECT pgdispatch.dispatch('SELECT 1', priority => ?) | -1, 86401, 2147483647, -2147483648
					priority | SELECT pgdispatch.dispatch_handler('h', priority => ?) | -1, 86401
					concurrency | SELECT pgdispatch.set_queue('q', concurrency => ?) | 0, -1, -2147483648
					rate | SELECT pgdispatch.set_queue('q', rate => ?) | 0, -1, -2147483648
					result_limit | CALL pgdispatch.configure(result_limit => ?) | 0, -1
					cron_workers | CALL pgdispatch.configure(cron_workers => ?) | -1, 1001, 32768, 2147483647
					cron_linger | CALL pgdispatch.configure(cron_linger => ?) | '61 minutes', '1 day'
					for_role | CALL pgdispatch.configure(?, cron_workers => 2) | NULL
					period | SELECT pgdispatch.set_queue('q', rate => 1, per => ?) | NULL, '0'
					""")
	void numberOutOfRangeIsRefused(String option, String call, String values) {
		for (String value : values.split(", ")) {
			assertRefused(option, call.replace("?", value));
		}
	}

	@Test
	void optionThatIsNullIsNotSet() throws SQLException {
		this.app.run(
				"""
						SELECT pgdispatch.dispatch('SELECT 1', notify => NULL, max_attempts => NULL, back_off => NULL,
							back_off_multiplier => NULL, max_back_off => NULL, time_limit => NULL, key => NULL, on_duplicate => NULL,
							keep_key => NULL, ordering_key => NULL, on_failure => NULL, queue => NULL, fair_key => NULL, priority => NULL, result => NULL,
							keep_result => NULL, headers => NULL, transactional => NULL)""",
				"SELECT pgdispatch.set_queue('q', NULL, NULL)", "SELECT pgdispatch.cancel(NULL, NULL)",
				"SELECT pgdispatch.find(NULL), pgdispatch.result(NULL), pgdispatch.retry(NULL)");
		this.queue.run("CALL pgdispatch.configure(dead_letter_retention => NULL, cron_workers => NULL)",
				"DELETE FROM pgdispatch.setting");
		assertThat(this.app.work().completed()).isEqualTo(1);
	}

	@Test
	void jobWithTheLargestOptionsIsRunAndKeepsNoOtherFromRunning() throws SQLException {
		String options = """
				max_attempts => 32767, back_off => '10 years', back_off_multiplier => 1000, max_back_off => '3652 days',
				time_limit => '87648 hours', key => 'k' || gen_random_uuid(), keep_key => '120 months', ordering_key => 'o',
				on_failure => 'pass', queue => 'q', priority => 86400, keep_result => '10 years'""";
		this.queue.run("CALL pgdispatch.configure(dead_letter_retention => '10 years', result_limit => 2147483647)");
		this.app.run("SELECT pgdispatch.set_queue('q', 2147483647, 2147483647, '1 microsecond')");
		for (String command : List.of("SELECT 1", "SELECT 1 / 0", "SELECT nothing", Queue.effect("done"))) {
			this.app.run("SELECT pgdispatch.dispatch($$" + command + "$$, " + options + ")");
		}
		this.app.run("SELECT pgdispatch.dispatch('SELECT 1', '10 years', " + options + ")",
				"SELECT pgdispatch.fire($$" + Queue.effect("other") + "$$)");
		this.app.work();
		this.app.work();
		assertThat(this.queue.effects()).containsExactlyInAnyOrder("done", "other");
		assertThat(this.app.values("SELECT command FROM pgdispatch.job ORDER BY id")).containsExactly("SELECT 1 / 0",
				"SELECT 1");
		assertThat(this.app.values("SELECT command FROM pgdispatch.dead_letter")).containsExactly("SELECT nothing");
		this.queue.run("DELETE FROM pgdispatch.setting");
	}

	@Test
	void timesOfAQueueWithTheLongestPeriodDoNotOverflow() throws SQLException {
		this.app.run("SELECT pgdispatch.set_queue('q', rate => 1, per => '10 years')",
				"SELECT pgdispatch.dispatch('SELECT 1', queue => 'q') FROM generate_series(1, 20)");
		this.app.work();
		assertThat(this.app.value("SELECT next_at <= now() + '11 years'::interval FROM pgdispatch.queue"))
			.isEqualTo("t");
		assertThat(this.app
			.value("SELECT count(*) FROM pgdispatch.managed_job WHERE slot_at <= now() + '11 years'::interval"))
			.isEqualTo("19");
	}

	@ParameterizedTest
	@CsvSource(quoteCharacter = '"', delimiter = '|',
			textBlock = """
					key | SELECT pgdispatch.dispatch('SELECT 1', key => ?)
					key | SELECT pgdispatch.dispatch_handler('h', key => ?)
					ordering key | SELECT pgdispatch.dispatch('SELECT 1', ordering_key => ?)
					fair key | SELECT pgdispatch.dispatch('SELECT 1', queue => 'q', fair_key => ?)
					handler | SELECT pgdispatch.dispatch_handler(?)
					handler | SELECT pgdispatch.dispatch_handler(?, max_attempts => 2)
					handler | INSERT INTO pgdispatch.handler_job (handler, arguments) VALUES ('h', pgdispatch.valid_arguments(?, '{}'))
					handler | SELECT pgdispatch.pause(handler => ?)
					queue | SELECT pgdispatch.set_queue(?)
					""")
	void nameThatDoesNotFitTheIndexesOrALogLineIsRefused(String option, String call) {
		for (String name : List.of("repeat('\u8a9e', 334)", "repeat('a', 1001)", incompressible(1000), "' '", "''",
				"E'a\\nERROR forged'", "E'\\ra'", "E'a\\n'", "E'\\x1b[31mred'", "E'\\n'", "E'\\x7f'")) {
			assertRefused(option, call.replace("?", name));
		}
	}

	@Test
	void longestNamesFitAllIndexes() throws SQLException {
		String name = incompressible(333) + " || 'a'";
		this.app.run("SELECT pgdispatch.set_queue(" + name + ", concurrency => 1, per_key => 1)",
				"SELECT pgdispatch.pause(handler => " + name + ")", "SELECT pgdispatch.pause(queue => " + name + ")",
				"SELECT pgdispatch.dispatch($$" + Queue.effect("done") + "$$, key => " + name + ", ordering_key => "
						+ name + ", queue => " + name + ", fair_key => " + name + ", keep_key => '1 hour')",
				"SELECT pgdispatch.dispatch_handler(" + name + ", ordering_key => " + name + ")",
				"SELECT pgdispatch.dispatch_handler(" + name + ")");
		this.app.work();
		assertThat(this.app.value("SELECT held_by FROM pgdispatch.managed_job WHERE handler IS NULL"))
			.isEqualTo("queue");
		this.app.run("SELECT pgdispatch.resume(" + name + ", " + name + ")");
		this.app.work();
		assertThat(this.queue.effects()).containsExactly("done");
	}

	/**
	 * PostgreSQL compresses what it puts into an index, so that a repeated character
	 * would not show how much room there is.
	 */
	private static String incompressible(int characters) {
		return "(SELECT string_agg(chr(20000 + i * 7919 % 20000), '') FROM generate_series(1, " + characters
				+ ") AS i)";
	}

	private void assertRefused(String option, String call) {
		ServerErrorMessage error = error(call);
		assertThat(error.getSQLState()).as("%s: %s", call, error).isEqualTo("22023");
		assertThat(error.getMessage()).as(call).startsWith("pgdispatch: ").contains(option);
		assertThat(error.getHint()).as(call).isNotBlank();
	}

	private ServerErrorMessage error(String call) {
		if (!call.startsWith("CALL")) {
			return this.app.error(call);
		}
		try (Session admin = this.queue.admin()) {
			return admin.error(call);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
