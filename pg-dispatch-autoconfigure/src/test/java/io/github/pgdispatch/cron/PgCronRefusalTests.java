package io.github.pgdispatch.cron;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.Session;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.ServerErrorMessage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Whatever pg_cron says, the transaction of the caller goes on, and its job waits.
 */
@PgCronTest
@Execution(ExecutionMode.CONCURRENT)
class PgCronRefusalTests {

	private static final String NOBODY = "pgdispatch: no application is connected that runs the jobs of role app, and pg_cron cannot run them";

	private final PgCronServer server;

	private final CronQueue queue;

	private String undo = "SELECT 1";

	PgCronRefusalTests(PgCronServer server) {
		this.server = server;
		this.queue = new CronQueue(server.database());
	}

	@BeforeEach
	void prepare() {
		this.queue.prepare().lingering("0");
	}

	@AfterEach
	void undo() {
		this.queue.run(this.undo);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					REVOKE USAGE ON SCHEMA cron FROM app                             | GRANT USAGE ON SCHEMA cron TO app
					REVOKE EXECUTE ON FUNCTION cron.schedule(text, text, text) FROM PUBLIC | GRANT EXECUTE ON FUNCTION cron.schedule(text, text, text) TO PUBLIC
					REVOKE EXECUTE ON FUNCTION cron.unschedule(bigint) FROM PUBLIC   | GRANT EXECUTE ON FUNCTION cron.unschedule(bigint) TO PUBLIC
					REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC                     | GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC
					REVOKE SELECT ON cron.job FROM PUBLIC                            | GRANT SELECT ON cron.job TO PUBLIC
					REVOKE DELETE ON cron.job_run_details FROM PUBLIC                | GRANT DELETE ON cron.job_run_details TO PUBLIC
					REVOKE SELECT ON SEQUENCE cron.runid_seq FROM PUBLIC             | GRANT SELECT ON SEQUENCE cron.runid_seq TO PUBLIC
					ALTER SCHEMA cron RENAME TO other                                | ALTER SCHEMA other RENAME TO cron""")
	void warningNamesTheStatementThatHelps(String damage, String repair) throws SQLException {
		refuse(damage, repair);
		assertThat(problem()).isIn("privilege", "renamed");
		List<ServerErrorMessage> warnings = dispatch();
		assertThat(warnings).hasSize(1);
		assertThat(warnings.get(0).getMessage()).isEqualTo(NOBODY);
		assertThat(warnings.get(0).getHint()).startsWith("As an administrator: ");
		String help = warnings.get(0).getHint().substring("As an administrator: ".length()).replaceFirst(";$", "");
		// What is granted to the role would make up for what another test takes from all.
		this.undo = ignoringErrors(help.replaceFirst("^GRANT (.*) TO app$", "REVOKE $1 FROM app")) + "; " + this.undo;
		this.queue.run(help);
		assertThat(problem()).isNull();
		assertThat(dispatch()).isEmpty();
		this.queue.awaitEffects(4);
		this.queue.awaitIdle();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			textBlock = """
					ALTER FUNCTION cron.schedule(text, text, text) RENAME TO plan    | ALTER FUNCTION cron.plan(text, text, text) RENAME TO schedule
					ALTER TABLE cron.job RENAME jobname TO name                      | ALTER TABLE cron.job RENAME name TO jobname
					ALTER TABLE cron.job RENAME TO jobs                              | ALTER TABLE cron.jobs RENAME TO job
					ALTER TABLE cron.job ADD CONSTRAINT ours CHECK (username = 'me') | ALTER TABLE cron.job DROP CONSTRAINT ours""")
	void errorOfPgCronIsAWarning(String damage, String repair) throws SQLException {
		refuse(damage, repair);
		List<ServerErrorMessage> warnings = dispatch();
		assertThat(warnings).hasSize(1);
		assertThat(warnings.get(0).getMessage()).isEqualTo(NOBODY);
		assertThat(warnings.get(0).getDetail()).matches("pg_cron failed: .+ \\(SQLSTATE .{5}\\)\\. The job waits\\.");
		assertThat(warnings.get(0).getHint()).contains("CALL pgdispatch.work()");
		this.queue.run(repair);
		assertThat(dispatch()).isEmpty();
		this.queue.awaitEffects(4);
		this.queue.awaitIdle();
	}

	@ParameterizedTest
	@ValueSource(strings = { "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE" })
	void triggerOfAnAdministratorIsAWarning(String isolation) throws SQLException {
		this.queue.run("""
				CREATE OR REPLACE FUNCTION too_many() RETURNS trigger LANGUAGE plpgsql
				AS $$ BEGIN RAISE EXCEPTION 'no more jobs, please'; END $$""");
		refuse("CREATE TRIGGER too_many BEFORE INSERT ON cron.job FOR EACH ROW EXECUTE FUNCTION too_many()",
				"DROP TRIGGER too_many ON cron.job");
		List<ServerErrorMessage> warnings = Warnings.of(this.server.database().dataSource("app"),
				"BEGIN ISOLATION LEVEL " + isolation + "; SELECT pgdispatch.fire('SELECT 1'); COMMIT");
		assertThat(warnings).singleElement()
			.extracting(ServerErrorMessage::getDetail)
			.isEqualTo("pg_cron failed: no more jobs, please (SQLSTATE P0001). The job waits.");
		assertThat(this.queue.count("pgdispatch.job")).isEqualTo(1);
	}

	/**
	 * An update of pg_cron holds such a lock, too.
	 */
	@Test
	void lockOnPgCronsTableCostsTheCallerASecond() throws SQLException {
		try (Session administrator = new Session(this.server.database(), "postgres")) {
			administrator.run("BEGIN", "LOCK TABLE cron.job");
			assertThat(dispatch()).singleElement()
				.extracting(ServerErrorMessage::getDetail)
				.asString()
				.contains("SQLSTATE 55P03");
			administrator.run("ROLLBACK");
		}
		this.queue.fire(CronQueue.effect("job"));
		this.queue.awaitEffects(3);
		this.queue.awaitIdle();
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void applicationThatIsThereRunsTheJobWithoutAWarning(boolean idle) throws SQLException {
		try (Session application = new Session(this.server.database(), "app")) {
			application.value("SELECT pgdispatch.poll_queue(10, " + idle + ")");
			this.queue.fire("SELECT 1");
			refuse("REVOKE EXECUTE ON FUNCTION cron.unschedule(bigint), cron.schedule(text, text, text) FROM PUBLIC",
					"GRANT EXECUTE ON FUNCTION cron.unschedule(bigint), cron.schedule(text, text, text) TO PUBLIC");
			assertThat(dispatch()).isEmpty();
			application.value("SELECT pgdispatch.poll_queue(10, " + idle + ")");
			assertThat(application.work().completed()).isEqualTo(3);
		}
	}

	@Test
	void workerThatMayNotRemoveItselfAnyMoreWaitsForTheRepair() throws SQLException {
		this.queue.fire(CronQueue.effect("before"));
		refuse("REVOKE EXECUTE ON FUNCTION cron.unschedule(bigint) FROM PUBLIC",
				"GRANT EXECUTE ON FUNCTION cron.unschedule(bigint) TO PUBLIC");
		this.queue.awaitEffects(1);
		await().during(Duration.ofSeconds(3))
			.until(() -> this.queue.count("cron.job_run_details WHERE status = 'failed'") == 0);
		this.queue.run(this.undo);
		this.queue.awaitIdle();
	}

	private List<ServerErrorMessage> dispatch() throws SQLException {
		return Warnings.of(this.server.database().dataSource("app"), """
				BEGIN;
				SELECT pgdispatch.fire($$%s$$);
				SELECT pgdispatch.dispatch($$%1$s$$, max_attempts => 3, key => 'key ' || random());
				COMMIT""".formatted(CronQueue.effect("job")));
	}

	private @Nullable String problem() {
		return this.queue.answer("pgdispatch.cron_problem()");
	}

	private void refuse(String damage, String repair) {
		this.undo = ignoringErrors(repair);
		this.queue.run(damage);
	}

	private static String ignoringErrors(String statement) {
		return "DO $$ BEGIN %s; EXCEPTION WHEN OTHERS THEN NULL; END $$".formatted(statement);
	}

}
