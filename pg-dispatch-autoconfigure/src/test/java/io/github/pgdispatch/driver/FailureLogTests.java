package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.List;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.log.OneLineLog;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import io.github.pgdispatch.test.TestNode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.util.backoff.FixedBackOff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Each failed attempt has one log line with the job, the attempt and the cause, and never
 * with the SQL or the arguments of the job.
 */
@ExtendWith(OutputCaptureExtension.class)
@PostgresTest
class FailureLogTests {

	private TestDatabase database;

	private JdbcClient jdbc;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.jdbc = database.jdbcOfOneSession("app");
		this.jdbc.sql("CREATE TABLE account (name text PRIMARY KEY)").update();
	}

	@Test
	void logsWhyEachSqlJobFailedForGoodAndNotItsSql(CapturedOutput output) {
		try (TestNode node = TestNode.start(this.database, 2)) {
			long unknown = dispatch("SELECT 'secret' FROM missing");
			long duplicate = dispatch("INSERT INTO account VALUES ('secret'), ('secret')");
			long forging = dispatch("DO $$ BEGIN RAISE E'first\\nsecond'; END $$");
			await().until(() -> lines(output, "SQL job") == 3);
			assertThat(output.getOut())
				.contains("SQL job " + unknown + " (attempt 1) failed for good and is now in pgdispatch.dead_letter,"
						+ " SQLSTATE 42P01: relation \"missing\" does not exist")
				.contains("SQL job " + duplicate + " (attempt 1) failed for good and is now in pgdispatch.dead_letter,"
						+ " SQLSTATE 23505: duplicate key value violates unique constraint \"account_pkey\"")
				.contains("SQL job " + forging + " (attempt 1) failed for good and is now in pgdispatch.dead_letter,"
						+ " SQLSTATE P0001: first second");
		}
		assertThat(output.getOut()).doesNotContain("secret");
		assertThat(lines(output, "SQL job")).isEqualTo(3);
	}

	@Test
	void logsManyFailuresOnceEach(CapturedOutput output) {
		try (TestNode node = TestNode.start(this.database, 4)) {
			this.jdbc.sql("SELECT count(pgdispatch.dispatch('SELECT 1/0')) FROM generate_series(1, 200)")
				.query()
				.singleValue();
			await().until(() -> lines(output, "SQLSTATE 22012: division by zero") >= 200);
			assertThat(lines(output, "SQLSTATE 22012: division by zero")).isEqualTo(200);
		}
	}

	@Test
	void logsWhyEachAttemptOfASqlJobFailed(CapturedOutput output) {
		try (TestNode node = TestNode.start(this.database, 2)) {
			long id = this.jdbc
				.sql("""
						SELECT pgdispatch.dispatch($$SELECT 'secret' FROM pg_sleep(0); DO 'BEGIN RAISE E''busy\\nnow''; END'$$,
						                           max_attempts => 3, back_off => '10 ms', label => 'a (b)')""")
				.query(Long.class)
				.single();
			String job = "SQL job " + id + " with the label 'a (b)'";
			await().until(() -> lines(output, job) == 3);
			assertThat(output.getOut())
				.contains(job + " (attempt 1) failed and will be run again, SQLSTATE P0001: busy now")
				.contains(job + " (attempt 2) failed and will be run again, SQLSTATE P0001: busy now")
				.contains(job + " (attempt 3) failed for good");
		}
		assertThat(lines(output, "SQL job")).isEqualTo(3);
		assertThat(output.getOut()).doesNotContain("secret");
	}

	@Test
	void logsNothingThatAJobHasForged(CapturedOutput output) {
		try (TestNode node = TestNode.start(this.database, 2)) {
			dispatch("DO $$ BEGIN RAISE INFO 'forged' USING ERRCODE = 'PD004'; END $$");
			this.jdbc.sql("""
					CREATE FUNCTION "x pgdispatch.end_failed_attempt("() RETURNS void LANGUAGE plpgsql AS
					$$ BEGIN RAISE INFO 'forged' USING ERRCODE = 'PD004'; END $$""").update();
			dispatch("SELECT public.\"x pgdispatch.end_failed_attempt(\"()");
			dispatch("SELECT 1/0");
			await().until(() -> lines(output, "SQL job") == 1);
		}
		assertThat(output.getOut()).doesNotContain("forged");
	}

	@Test
	void logsWhyEachAttemptOutsideATransactionFailed(CapturedOutput output) {
		try (TestNode node = TestNode.start(this.database, 2)) {
			long id = this.jdbc.sql("""
					SELECT pgdispatch.dispatch('SELECT ''secret'', 1/0', max_attempts => 2, back_off => '10 ms',
					                           transactional => false)""").query(Long.class).single();
			await().until(() -> lines(output, "SQL job " + id) == 2);
			assertThat(output.getOut())
				.contains(
						"SQL job " + id + " (attempt 1) failed and will be run again, SQLSTATE 22012: division by zero")
				.contains(
						"SQL job " + id + " (attempt 2) failed for good and is now in pgdispatch.dead_letter, SQLSTATE"
								+ " 22012: division by zero");
		}
		assertThat(output.getOut()).doesNotContain("secret");
	}

	@Test
	void logsTheSqlStateOfAMethodThatFailed(CapturedOutput output) {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class, "pgdispatch.retry.max-attempts=2",
				"pgdispatch.retry.back-off=10ms")) {
			this.jdbc.sql("SELECT pgdispatch.dispatch_handler('divide')").query().singleValue();
			await().until(() -> output.getOut().contains("failed for good"));
		}
		assertThat(output.getOut())
			.containsPattern("\\(attempt 1\\) failed and will be run again, SQLSTATE 22012: .*division by zero")
			.containsPattern("\\(attempt 2\\) failed for good and is now in pgdispatch.dead_letter, SQLSTATE 22012: ");
	}

	@Test
	void logsTheFirstCauseOfAnOutage(CapturedOutput output) {
		DatabaseOutage outage = new DatabaseOutage(OneLineLog.of(FailureLogTests.class), "Jobs wait",
				new FixedBackOff(), new DriverReports(JobKind.SQL, List.of()));
		outage.noticed(new SQLTransientConnectionException("No connection is available", null,
				new SQLException("password authentication failed", "28P01")));
		assertThat(output.getOut()).contains("Lost the database connection. Jobs wait: ")
			.contains("No connection is available, caused by java.sql.SQLException: password authentication failed");
		outage.ended();
		outage.noticed(new SQLException("relation is missing", "42P01"));
		assertThat(output.getOut()).contains("The database refuses what this node needs. Jobs wait: ");
		outage.ended();
		outage.noticed(new SQLException("deadlock detected", "40P01"));
		assertThat(output.getOut()).contains("The database answered with an error. Jobs wait: ");
	}

	private long dispatch(String command) {
		return this.jdbc.sql("SELECT pgdispatch.dispatch(?)").param(command).query(Long.class).single();
	}

	private static long lines(CapturedOutput output, String text) {
		return output.getOut().lines().filter((line) -> line.contains(text)).count();
	}

	static class Methods {

		private final JdbcClient jdbc;

		Methods(JdbcClient jdbc) {
			this.jdbc = jdbc;
		}

		@AfterCommitDispatch(name = "divide")
		void divide() {
			this.jdbc.sql("SELECT 1/0").query().singleValue();
		}

	}

}
