package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.schema.SchemaInitializer;
import io.github.pgdispatch.schema.SchemaValidator;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import jakarta.persistence.EntityManagerFactory;
import liquibase.integration.spring.SpringLiquibase;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceInitializationAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the schema is there for everything else that an application does with the
 * database when it starts, and that it does all of that as it would without us.
 */
@PostgresTest
class SchemaComesFirstTests {

	private static final String FILES = "classpath:io/github/pgdispatch/autoconfigure/";

	@Test
	void beansThatUseJdbc(TestDatabase database) {
		// Registered before the auto-configuration, and so created first if it could be.
		TestApplication.of(database).withBean(Dispatcher.class).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(jobs(database)).isOne();
		});
	}

	@Test
	void scriptsOfSpringBoot(TestDatabase database) {
		TestApplication.of(database)
			.withConfiguration(AutoConfigurations.of(DataSourceInitializationAutoConfiguration.class))
			.withPropertyValues("spring.sql.init.mode=always", "spring.sql.init.data-locations=" + FILES + "fire.sql")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(jobs(database)).isOne();
			});
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void jpa(boolean deferred, TestDatabase database) {
		TestApplication.of(database)
			.withConfiguration(AutoConfigurations.of(HibernateJpaAutoConfiguration.class,
					DataSourceInitializationAutoConfiguration.class))
			.withPropertyValues("spring.jpa.defer-datasource-initialization=" + deferred,
					"spring.jpa.hibernate.ddl-auto=create",
					"spring.jpa.properties.jakarta.persistence.sql-load-script-source=io/github/pgdispatch/autoconfigure/fire.sql",
					"spring.sql.init.mode=always", "spring.sql.init.data-locations=" + FILES + "fire.sql")
			.run((context) -> {
				assertThat(context).hasSingleBean(EntityManagerFactory.class);
				assertThat(jobs(database)).isEqualTo(2);
			});
	}

	@Test
	void liquibaseOfTheApplication(TestDatabase database) {
		liquibase(database).withPropertyValues("spring.liquibase.change-log=" + FILES + "changelog.sql")
			.run((context) -> {
				assertThat(context).hasSingleBean(SpringLiquibase.class).hasSingleBean(SchemaInitializer.class);
				assertThat(waiting(database)).isZero();
				assertThat(changes(database, "public")).isOne();
				assertThat(changes(database, "pgdispatch")).isEqualTo(1);
			});
	}

	@Test
	void liquibaseOfTheApplicationMayIncludeTheChangelog(TestDatabase database) {
		liquibase(database)
			.withPropertyValues("pgdispatch.schema.mode=validate",
					"spring.liquibase.change-log=" + FILES + "changelog-with-include.xml")
			.run((context) -> {
				assertThat(context).hasSingleBean(SchemaValidator.class);
				assertThat(jobs(database)).isZero();
				assertThat(executions(database)).isEqualTo("EXECUTED");
			});
	}

	@Test
	void changelogThatIsIncludedLeavesAloneWhatIsThere(TestDatabase database) {
		database.install("app");
		liquibase(database).withPropertyValues("spring.liquibase.change-log=" + FILES + "changelog-with-include.xml")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(executions(database)).isEqualTo("MARK_RAN");
			});
	}

	@Test
	void liquibaseWithoutAChangelogSaysTheSameAsWithoutUs(TestDatabase database) {
		liquibase(database)
			.run((context) -> assertThat(context).getFailure().hasMessageContaining("db.changelog-master.yaml"));
		assertThat(jobs(database)).isZero();
	}

	@Test
	void liquibaseThatIsSwitchedOffIsThatOfTheApplication(TestDatabase database) {
		liquibase(database).withPropertyValues("spring.liquibase.enabled=false").run((context) -> {
			assertThat(context).hasNotFailed().doesNotHaveBean(SpringLiquibase.class);
			assertThat(jobs(database)).isZero();
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "liquibase", "jdbc" })
	void flyway(String mode, TestDatabase database) {
		TestApplication.of(database)
			.withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class))
			.withPropertyValues("pgdispatch.schema.mode=" + mode, "spring.flyway.locations=" + FILES + "flyway")
			.run((context) -> {
				assertThat(context).hasSingleBean(Flyway.class);
				assertThat(waiting(database)).isZero();
			});
	}

	private static ApplicationContextRunner liquibase(TestDatabase database) {
		return TestApplication.of(database).withConfiguration(AutoConfigurations.of(LiquibaseAutoConfiguration.class));
	}

	private static int jobs(TestDatabase database) {
		return count(database, "SELECT count(*) FROM pgdispatch.job");
	}

	private static int waiting(TestDatabase database) {
		return count(database, "SELECT count FROM waiting");
	}

	private static int changes(TestDatabase database, String schema) {
		return count(database, "SELECT count(*) FROM " + schema + ".databasechangelog");
	}

	private static int count(TestDatabase database, String sql) {
		return database.jdbc("app").sql(sql).query(Integer.class).single();
	}

	private static String executions(TestDatabase database) {
		return database.jdbc("app").sql("SELECT DISTINCT exectype FROM databasechangelog").query(String.class).single();
	}

	static class Dispatcher {

		Dispatcher(JdbcOperations operations, JdbcClient client) {
			client.sql("SELECT pgdispatch.fire('SELECT 1')").query().singleRow();
		}

	}

}
