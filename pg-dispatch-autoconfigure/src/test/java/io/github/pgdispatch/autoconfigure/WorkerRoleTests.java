package io.github.pgdispatch.autoconfigure;

import javax.sql.DataSource;

import io.github.pgdispatch.driver.WorkerRole;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that the log says if the workers do not run what their node dispatches.
 */
@PostgresTest
@ExtendWith(OutputCaptureExtension.class)
class WorkerRoleTests {

	private TestDatabase database;

	@BeforeEach
	void roles(TestDatabase database) {
		this.database = database.install("app");
		JdbcClient admin = database.jdbc("postgres");
		admin.sql("""
				DO $$ BEGIN
					CREATE ROLE login1 LOGIN IN ROLE app;
				EXCEPTION WHEN duplicate_object THEN
				END $$""").update();
		admin.sql("""
				DO $$ BEGIN
					CREATE ROLE stranger LOGIN;
				EXCEPTION WHEN duplicate_object THEN
				END $$""").update();
	}

	private ApplicationContextRunner application(String role, String... properties) {
		return TestApplication.of(this.database, role)
			.withConfiguration(AutoConfigurations.of(PgDispatchAutoConfiguration.class))
			.withPropertyValues("pgdispatch.schema.mode=none")
			.withPropertyValues(properties);
	}

	@Test
	void poolThatChangesTheRoleOfItsSessions(CapturedOutput output) {
		application("login1", "spring.datasource.hikari.connection-init-sql=SET ROLE app")
			.run((context) -> await().untilAsserted(
					() -> assertThat(output).containsOnlyOnce("This node does not run the jobs that it dispatches."
							+ " It dispatches as the role app, and its workers are logged in as login1. Let the"
							+ " application log in as app")));
	}

	@Test
	void sameRoleIsNotMentioned(CapturedOutput output) {
		application("app").run((context) -> {
			WorkerConnections workers = context.getBean(WorkerConnections.class);
			new WorkerRole(context.getBean(DataSource.class), workers.dataSource()).compare();
			assertThat(output).doesNotContain("This node does not run");
		});
	}

	@Test
	void nodeWithoutWorkersHasNoOtherRole(CapturedOutput output) {
		application("login1", "spring.datasource.hikari.connection-init-sql=SET ROLE app",
				"pgdispatch.worker.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean("pgDispatchWorkerRole"));
		assertThat(output).doesNotContain("This node does not run");
	}

	@Test
	void missingPrivilegeIsNoLostConnection(CapturedOutput output) {
		application("stranger").run((context) -> await().untilAsserted(
				() -> assertThat(output).contains("The database refuses what this node needs. Jobs wait meanwhile")
					.contains("permission denied for schema pgdispatch")
					.doesNotContain("Lost the database connection")));
	}

}
