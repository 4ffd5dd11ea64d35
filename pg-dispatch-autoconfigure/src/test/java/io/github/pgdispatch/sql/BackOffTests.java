package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A job waits for its next attempt longer each time, up to a limit, and not as long as
 * others that failed with it.
 */
class BackOffTests extends AbstractQueueTests {

	BackOffTests(TestDatabase database) {
		super(database);
	}

	@ParameterizedTest
	@CsvSource(nullValues = "NULL", textBlock = """
			1,    NULL,  NULL, NULL,  1
			2,    NULL,  NULL, NULL,  2
			5,    NULL,  NULL, NULL,  16
			10,   NULL,  NULL, NULL,  512
			11,   NULL,  NULL, NULL,  600
			9999, NULL,  NULL, NULL,  600
			1,    '10 s', 3,   '1 h', 10
			3,    '10 s', 3,   '1 h', 90
			7,    '10 s', 3,   '1 h', 3600
			9999, '10 s', 1,   '1 h', 10
			9999, '1 d', NULL, NULL,  86400
			3,    '0',   NULL, NULL,  0
			""")
	void delayGrowsUpToItsLimitAndIsAQuarterMoreOrLess(int failures, String delay, String factor, String limit,
			double seconds) throws SQLException {
		String backOff = "pgdispatch.back_off(%d, %s, %s, %s)".formatted(failures, literal(delay), factor,
				literal(limit));
		assertThat(this.queue
			.value("""
					SELECT min(s) >= 0.749 * %1$s AND min(s) <= 0.80 * %1$s AND max(s) >= 1.20 * %1$s AND max(s) <= 1.251 * %1$s
					  FROM (SELECT date_part('epoch', %2$s) AS s FROM generate_series(1, 1000)) AS t"""
				.formatted(seconds, backOff)))
			.isEqualTo("t");
	}

	private static String literal(String value) {
		return (value != null) ? "'" + value + "'" : "NULL";
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			max_attempts => 3                                                                     | 1   | 2
			max_attempts => 3, back_off => '8 seconds'                                            | 8   | 16
			max_attempts => 3, back_off => '8 seconds', back_off_multiplier => 10                     | 8   | 80
			max_attempts => 3, back_off_multiplier => 10, max_back_off => '5 seconds'               | 1   | 5
			""")
	void jobWaitsAsItAsksFor(String options, double first, double second) throws SQLException {
		ManagedJobs jobs = new ManagedJobs(this.app);
		long id = jobs.dispatch("SELECT 1/0", options);
		for (double seconds : new double[] { first, second }) {
			String before = this.queue.value("SELECT clock_timestamp()");
			this.app.work();
			assertThat(this.app.value("SELECT due_at - timestamptz '%s' > interval '%s s' FROM pgdispatch.find(%d)"
				.formatted(before, 0.75 * seconds, id))).isEqualTo("t");
			assertThat(this.app.value("SELECT due_at < clock_timestamp() + interval '%s s' FROM pgdispatch.find(%d)"
				.formatted(1.25 * seconds, id))).isEqualTo("t");
			assertThat(jobs.state(id)).isEqualTo("snoozed");
			this.queue.run("UPDATE pgdispatch.job SET due_at = now()",
					"UPDATE pgdispatch.managed_job AS m SET due_at = j.due_at, place = j.due_at "
							+ "FROM pgdispatch.job AS j WHERE j.id = m.id");
		}
	}

	@Test
	void workerComesBackWhenTheNextAttemptIsDue() throws SQLException {
		new ManagedJobs(this.app).dispatch("SELECT 1/0", "max_attempts => 2", "back_off => '20 seconds'");
		assertThat(this.app.work().nextDueIn()).isBetween("00:00:14", "00:00:26");
		assertThat(
				this.app.value("SELECT next_due_in BETWEEN '14 s' AND '26 s' FROM pgdispatch.poll_queue(100, false)"))
			.isEqualTo("t");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			max_attempts => 0                                      | max_attempts is 0
			max_attempts => 32768                                  | max_attempts is 32768
			back_off => '-1 s'                                     | the back-off is -00:00:01
			back_off_multiplier => 0.5                                 | the back-off multiplier is 0.5
			back_off => '1 minute', max_back_off => '1 second'   | the maximum back-off is 00:00:01
			time_limit => '0'                                      | the time limit is 00:00:00
			time_limit => '-1 s'                                   | the time limit is -00:00:01
			result => 'value'                                      | result is value
			result => 'all'                                        | result is all
			keep_result => '0'                                     | keep_result is 00:00:00
			""")
	void whatCannotBeIsRefused(String options, String problem) throws SQLException {
		assertThat(this.app.error("SELECT pgdispatch.dispatch('SELECT 1', " + options + ")")).satisfies((error) -> {
			assertThat(error.getSQLState()).isEqualTo("22023");
			assertThat(error.getMessage()).isEqualTo("pgdispatch: " + problem);
			assertThat(error.getHint()).isNotBlank();
		});
		assertThat(this.queue.jobs()).isZero();
	}

}
