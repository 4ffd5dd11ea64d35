package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.driver.ApplicationDriver;
import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the property {@code pgdispatch.driver}.
 */
@PgCronTest
@ExtendWith(OutputCaptureExtension.class)
class DriverPropertyTests {

	private static final String OTHERWISE = " Or let the application run the jobs: set pgdispatch.driver to auto.";

	private final TestDatabase home;

	private final TestDatabase elsewhere;

	private final JdbcClient postgres;

	DriverPropertyTests(PgCronServer server) {
		this.home = server.database();
		this.elsewhere = new TestDatabase(server.reachablePort(), "elsewhere");
		this.postgres = this.home.jdbc("postgres");
	}

	@BeforeEach
	void createDatabase() {
		this.postgres.sql("CREATE DATABASE elsewhere OWNER app").update();
		this.home.jdbc("app").sql("CREATE TABLE effect (by text DEFAULT current_setting('application_name'))").update();
	}

	@AfterEach
	void restore() {
		this.postgres.sql("DROP DATABASE elsewhere WITH (FORCE)").update();
		this.postgres.sql("DELETE FROM cron.job").update();
		this.postgres.sql("DROP SCHEMA IF EXISTS pgdispatch CASCADE").update();
		this.postgres.sql("DROP TABLE effect").update();
		this.postgres.sql("GRANT USAGE ON SCHEMA cron TO app").update();
		this.postgres.sql("UPDATE pg_extension SET extversion = '1.6' WHERE extname = 'pg_cron'").update();
	}

	private static ApplicationContextRunner application(TestDatabase database, String... properties) {
		return TestApplication.of(database)
			.withConfiguration(AutoConfigurations.of(PgDispatchAutoConfiguration.class))
			.withPropertyValues("pgdispatch.schema.mode=jdbc")
			.withPropertyValues(properties);
	}

	@Test
	void byDefaultThisNodeRunsTheJobsAndPgCronIsTheSafetyNet(CapturedOutput output) {
		application(this.home).run((context) -> {
			assertThat(context).hasSingleBean(ApplicationDriver.class);
			assertThat(output).containsOnlyOnce("Jobs are run by this node, and by pg_cron while no node is alive");
		});
	}

	@Test
	void withoutWorkersOtherNodesAndPgCronRunTheJobs(CapturedOutput output) {
		application(this.home, "pgdispatch.worker.enabled=false").run((context) -> {
			assertThat(context).doesNotHaveBean(ApplicationDriver.class);
			assertThat(output)
				.contains("Jobs are run by other nodes, or by pg_cron while no node is alive, and not by this node");
		});
	}

	@Test
	void withoutWorkersAndPgCronJobsWaitForOtherNodes(CapturedOutput output) {
		application(this.elsewhere, "pgdispatch.worker.enabled=false").run((context) -> assertThat(output).contains(
				"Jobs are run by other nodes, and not by this node. While no node is alive, they wait, because pg_cron is in "
						+ "another database than elsewhere"));
	}

	@Test
	void byDefaultItIsSaidWhyPgCronIsNoSafetyNet(CapturedOutput output) {
		application(this.elsewhere).run((context) -> {
			assertThat(context).hasSingleBean(ApplicationDriver.class);
			assertThat(output)
				.contains("Jobs are run by this node. While no node is alive, they wait, because pg_cron is in "
						+ "another database than elsewhere");
		});
	}

	@Test
	void applicationDoesNotAskForPgCron(CapturedOutput output) {
		application(this.home, "pgdispatch.driver=application").run((context) -> {
			assertThat(context).hasSingleBean(ApplicationDriver.class);
			assertThat(output).doesNotContain("Jobs are run");
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "auto", "application" })
	void withoutASchemaTheApplicationStartsAllTheSame(String driver) {
		application(this.home, "pgdispatch.schema.mode=none", "pgdispatch.driver=" + driver)
			.run((context) -> assertThat(context).hasSingleBean(ApplicationDriver.class));
	}

	@Test
	void withoutASchemaThatIsSaidInOneLine(CapturedOutput output) {
		application(this.home, "pgdispatch.schema.mode=none").run((context) -> assertThat(output).contains(
				"because the database does not say whether pg_cron could run them (ERROR: schema \"pgdispatch\" does not exist)"));
	}

	@Test
	void withoutASchemaPgCronRunsNothing() {
		application(this.home, "pgdispatch.schema.mode=none", "pgdispatch.driver=pg-cron")
			.run((context) -> assertThat(context).getFailure()
				.isInstanceOf(PgDispatchConfigurationException.class)
				.hasMessageContaining("Install the schema pgdispatch, and grant it to the role of the application."));
	}

	@ParameterizedTest
	@ValueSource(strings = { "pg-cron", "PG_CRON", "pgCron" })
	void pgCronRunsTheJobsAndThisNodeNone(String driver, CapturedOutput output) {
		application(this.home, "pgdispatch.driver=" + driver).run((context) -> {
			assertThat(context).doesNotHaveBean(ApplicationDriver.class);
			assertThat(output).contains("Jobs are run by pg_cron, and not by this node");
			new TransactionTemplate(context.getBean(PlatformTransactionManager.class))
				.executeWithoutResult((status) -> context.getBean(PgDispatchTemplate.class)
					.fire("INSERT INTO public.effect DEFAULT VALUES"));
			JdbcClient jdbc = context.getBean(JdbcClient.class);
			await().untilAsserted(() -> assertThat(jdbc.sql("SELECT by FROM effect").query(String.class).list())
				.containsExactly("pg_cron"));
			await().until(() -> this.postgres.sql("SELECT count(*) FROM cron.job").query(Integer.class).single() == 0);
		});
	}

	@Test
	void pgCronThatIsElsewhere() {
		assertDoesNotStart(this.elsewhere, "pg_cron is in another database than elsewhere",
				"As an administrator, in the database of pg_cron: SELECT cron.schedule_in_database("
						+ "'pgdispatch elsewhere app', '5 seconds', 'CALL pgdispatch.cron_work()', 'elsewhere', 'app');"
						+ " Then wait a few seconds for it to come.");
	}

	@Test
	void pgCronThatIsElsewhereWithAPermanentWorker() {
		application(this.elsewhere).run((context) -> this.postgres
			.sql("SELECT cron.schedule_in_database('pgdispatch elsewhere app', '1 second',"
					+ " 'CALL pgdispatch.cron_work()', 'elsewhere', 'app')")
			.query()
			.singleRow());
		await().until(() -> this.elsewhere.jdbc("app")
			.sql("SELECT count(*) FROM pgdispatch.cron_worker")
			.query(Integer.class)
			.single() == 1);
		application(this.elsewhere, "pgdispatch.driver=pg-cron").run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void pgCronThatIsOld() {
		this.postgres.sql("UPDATE pg_extension SET extversion = '1.4-1' WHERE extname = 'pg_cron'").update();
		assertDoesNotStart(this.home, "the extension pg_cron is older than 1.5",
				"As an administrator: ALTER EXTENSION pg_cron UPDATE;");
	}

	@Test
	void pgCronThatTheRoleMayNotUse() {
		this.postgres.sql("REVOKE USAGE ON SCHEMA cron FROM app").update();
		assertDoesNotStart(this.home, "the role app has no USAGE on the schema cron",
				"As an administrator: GRANT USAGE ON SCHEMA cron TO app;");
	}

	@Test
	void pgCronThatIsSwitchedOff() {
		application(this.home).run((context) -> context.getBean(JdbcClient.class)
			.sql("CALL pgdispatch.configure(cron_workers => 0)")
			.update());
		assertDoesNotStart(this.home, "the setting cron_workers allows the role app no workers",
				"As the owner of the schema: CALL pgdispatch.configure('app', cron_workers => 4);");
	}

	private static void assertDoesNotStart(TestDatabase database, String reason, String remedy) {
		application(database, "pgdispatch.driver=pg-cron").run((context) -> assertThat(context).getFailure()
			.isInstanceOfSatisfying(PgDispatchConfigurationException.class, (ex) -> {
				assertThat(ex.getDescription())
					.isEqualTo("pgdispatch.driver is pg-cron, but " + reason + ", so that nobody would run the jobs.");
				assertThat(ex.getAction()).isEqualTo(remedy + OTHERWISE);
			}));
	}

}
