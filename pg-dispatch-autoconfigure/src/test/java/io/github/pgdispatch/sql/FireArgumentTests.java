package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.ServerErrorMessage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * What may be passed to {@code fire} and {@code snooze}, and what is refused.
 */
class FireArgumentTests extends AbstractQueueTests {

	FireArgumentTests(TestDatabase database) {
		super(database);
	}

	@Test
	void nullCommandIsRefused() {
		ServerErrorMessage error = this.app.error("SELECT pgdispatch.fire(NULL)");
		assertThat(error.getSQLState()).isEqualTo("22004");
		assertThat(error.getMessage()).isEqualTo("pgdispatch: the command is NULL");
		assertThat(error.getHint()).contains("format('SELECT work(%L)', value)");
	}

	@ParameterizedTest
	@ValueSource(strings = { "''", "'   '", "E'\\t'", "E' \\n\\r\\n\\t '" })
	void blankCommandIsRefused(String command) {
		ServerErrorMessage error = this.app.error("SELECT pgdispatch.snooze(" + command + ", '1 hour')");
		assertThat(error.getSQLState()).isEqualTo("22023");
		assertThat(error.getMessage()).isEqualTo("pgdispatch: the command is blank");
		assertThat(error.getHint()).isEqualTo("Pass the SQL that is to run after the commit.");
	}

	@Test
	void callerThatDoesNotConformToStandardStringsIsUnderstood() throws SQLException {
		this.app.run("SET standard_conforming_strings = off", "SET escape_string_warning = off",
				"SELECT pgdispatch.fire('VACUUM')");
		assertThat(this.app.error("SELECT pgdispatch.fire(' ')").getMessage())
			.isEqualTo("pgdispatch: the command is blank");
	}

	@Test
	void nullDelayIsRefused() {
		ServerErrorMessage error = this.app.error("SELECT pgdispatch.snooze('SELECT 1', NULL)");
		assertThat(error.getSQLState()).isEqualTo("22004");
		assertThat(error.getMessage()).isEqualTo("pgdispatch: the delay is NULL");
		assertThat(error.getHint()).contains("or '0' for no delay");
	}

	@ParameterizedTest
	@CsvSource({ "-1 seconds, -00:00:01", "-1 microseconds, -00:00:00.000001", "1 day -25 hours, 1 day -25:00:00" })
	void negativeDelayIsRefused(String delay, String told) {
		assertRefused(delay, told);
	}

	@ParameterizedTest
	@ValueSource(strings = { "infinity", "-infinity" })
	void infiniteDelayIsRefused(String delay) throws SQLException {
		assumeTrue(Integer.parseInt(this.app.value("SHOW server_version_num")) >= 170000,
				"There are no infinite intervals before PostgreSQL 17");
		assertRefused(delay, delay);
	}

	private void assertRefused(String delay, String told) {
		ServerErrorMessage error = this.app.error("SELECT pgdispatch.snooze('SELECT 1', '" + delay + "')");
		assertThat(error.getSQLState()).isEqualTo("22023");
		assertThat(error.getMessage()).isEqualTo("pgdispatch: the delay is " + told);
		assertThat(error.getHint()).isEqualTo("Pass an interval from zero to 10 years.");
	}

	@ParameterizedTest
	@CsvSource({ "300000 years, 300000 years", "300 years, 300 years", "3653 days, 3653 days" })
	void delayOfMoreThanTenYearsIsRefused(String delay, String told) {
		assertRefused(delay, told);
	}

	@ParameterizedTest
	@CsvSource({ "0, 00:00:00", "0.999 seconds, 00:00:00", "1.9 seconds, 00:00:01", "90.5 minutes, 01:30:30",
			"1 day 0.5 seconds, 1 day" })
	void delayIsTruncatedToWholeSeconds(String delay, String kept) throws SQLException {
		this.app.run("SELECT pgdispatch.snooze('SELECT 1', '" + delay + "')");
		assertThat(this.app.value("SELECT due_at = dispatched_at + interval '" + kept + "' FROM pgdispatch.job"))
			.isEqualTo("t");
	}

	@Test
	void delayCountsFromTheStartOfTheTransaction() throws SQLException {
		this.app.run("BEGIN", "SELECT pg_sleep(0.01)", "SELECT pgdispatch.snooze('SELECT 1', '1 hour')");
		assertThat(this.app.value("SELECT dispatched_at = now() AND due_at = now() + '1 hour' FROM pgdispatch.job"))
			.isEqualTo("t");
		this.app.run("COMMIT");
	}

	@Test
	void bothReturnVoid() throws SQLException {
		assertThat(this.app.values("SELECT pg_typeof(pgdispatch.fire('SELECT 1')) UNION ALL "
				+ "SELECT pg_typeof(pgdispatch.snooze('SELECT 1', '1 hour'))"))
			.containsExactly("void", "void");
		assertThat(this.app.value("SELECT count(*) FROM pgdispatch.job")).isEqualTo("2");
	}

	@Test
	void dispatchReturnsTheIdOfTheJob() throws SQLException {
		String id = this.app.value("SELECT pgdispatch.dispatch('SELECT 1', delay => '1 hour', notify => false)");
		assertThat(this.app.values("SELECT id FROM pgdispatch.job")).containsExactly(id);
	}

}
