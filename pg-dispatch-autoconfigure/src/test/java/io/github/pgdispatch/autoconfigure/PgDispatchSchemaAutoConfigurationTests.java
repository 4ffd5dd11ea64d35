package io.github.pgdispatch.autoconfigure;

import java.util.List;

import io.github.pgdispatch.schema.SchemaInitializer;
import io.github.pgdispatch.schema.SchemaValidator;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import liquibase.integration.spring.SpringLiquibase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PgDispatchSchemaAutoConfiguration}: its modes and conditions.
 */
@PostgresTest
class PgDispatchSchemaAutoConfigurationTests {

	@Test
	void liquibaseIsTheDefault(TestDatabase database) {
		TestApplication.of(database).run((context) -> {
			assertThat(context).hasSingleBean(SchemaInitializer.class).doesNotHaveBean(SpringLiquibase.class);
			assertThat(version(context.getBean(JdbcClient.class))).isEqualTo(TestDatabase.SCHEMA_VERSION);
			assertThat(tables(database)).contains("job", "databasechangelog", "databasechangeloglock");
		});
	}

	@Test
	void jdbcNeedsNoLiquibase(TestDatabase database) {
		TestApplication.of(database)
			.withClassLoader(new FilteredClassLoader("liquibase"))
			.withPropertyValues("pgdispatch.schema.mode=jdbc")
			.run((context) -> {
				assertThat(context).hasSingleBean(SchemaInitializer.class);
				assertThat(version(context.getBean(JdbcClient.class))).isEqualTo(TestDatabase.SCHEMA_VERSION);
				assertThat(tables(database)).contains("job").doesNotContain("databasechangelog");
			});
	}

	@Test
	void liquibaseIsNotNeededWhereTheSchemaIsUpToDate(TestDatabase database) {
		database.install("app");
		TestApplication.of(database)
			.withClassLoader(new FilteredClassLoader("liquibase"))
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(SchemaInitializer.class));
	}

	@Test
	void validateFindsWhatAnAdministratorHasInstalled(TestDatabase database) {
		database.install("postgres");
		database.jdbc("postgres").sql("CALL pgdispatch.grant_to('app')").update();
		TestApplication.of(database)
			.withPropertyValues("pgdispatch.schema.mode=validate")
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(SchemaValidator.class)
				.doesNotHaveBean(SchemaInitializer.class));
	}

	@Test
	void noneDoesNothing(TestDatabase database) {
		TestApplication.of(database).withPropertyValues("pgdispatch.schema.mode=none").run((context) -> {
			assertThat(context).hasNotFailed()
				.doesNotHaveBean(SchemaInitializer.class)
				.doesNotHaveBean(SchemaValidator.class);
			assertThat(tables(database)).isEmpty();
		});
	}

	@Test
	void unknownModeIsAnError(TestDatabase database) {
		TestApplication.of(database)
			.withPropertyValues("pgdispatch.schema.mode=magic")
			.run((context) -> assertThat(context).getFailure().hasStackTraceContaining("pgdispatch.schema.mode"));
	}

	@Test
	void grantsToRoles(TestDatabase database) {
		String role = "worker of " + database.name();
		database.jdbc("postgres").sql("CREATE ROLE \"" + role + "\" LOGIN").update();
		TestApplication.of(database).withPropertyValues("pgdispatch.schema.grant-to=app," + role).run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(version(database.jdbc(role))).isEqualTo(TestDatabase.SCHEMA_VERSION);
		});
	}

	@Test
	void withoutDataSourceThereIsNothing() {
		TestApplication.withoutDataSource()
			.withClassLoader(
					new FilteredClassLoader("org.springframework.jdbc.datasource.embedded.EmbeddedDatabaseType"))
			.run((context) -> assertThat(context).doesNotHaveBean(SelectedDataSource.class)
				.doesNotHaveBean(SchemaInitializer.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "liquibase", "jdbc", "validate" })
	void oneConnectionIsEnough(String mode, TestDatabase database) {
		if (mode.equals("validate")) {
			database.install("app");
		}
		TestApplication.of(database)
			.withPropertyValues("pgdispatch.schema.mode=" + mode, "spring.datasource.hikari.maximum-pool-size=1",
					"spring.datasource.hikari.connection-timeout=5000")
			.run((context) -> assertThat(version(context.getBean(JdbcClient.class)))
				.isEqualTo(TestDatabase.SCHEMA_VERSION));
	}

	@ParameterizedTest
	@ValueSource(strings = { "liquibase", "jdbc" })
	void commitsByItself(String mode, TestDatabase database) {
		TestApplication.of(database)
			.withPropertyValues("pgdispatch.schema.mode=" + mode, "spring.datasource.hikari.auto-commit=false",
					"pgdispatch.schema.grant-to=app")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(version(database.jdbc("app"))).isEqualTo(TestDatabase.SCHEMA_VERSION);
			});
	}

	@Test
	void applicationMayInstallWithADataSourceOfItsOwn(TestDatabase database) {
		TestApplication.of(database)
			.withBean(TestDatabase.class, () -> database)
			.withUserConfiguration(AdministratorInstalls.class)
			.run((context) -> {
				assertThat(context).hasSingleBean(SchemaInitializer.class);
				assertThat(version(context.getBean(JdbcClient.class))).isEqualTo(TestDatabase.SCHEMA_VERSION);
				assertThat(database.jdbc("app")
					.sql("SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'pgdispatch'")
					.query(String.class)
					.single()).isEqualTo("postgres");
			});
	}

	@Test
	void resourcesAreKeptInANativeImage() {
		RuntimeHints hints = new RuntimeHints();
		new PgDispatchSchemaRuntimeHints().registerHints(hints, getClass().getClassLoader());
		assertThat(hints)
			.matches(
					RuntimeHintsPredicates.resource().forResource("io/github/pgdispatch/schema/pg_dispatch--1.0.0.sql"))
			.matches(RuntimeHintsPredicates.resource().forResource("io/github/pgdispatch/schema/changelog.xml"));
	}

	private static String version(JdbcClient jdbc) {
		return jdbc.sql("SELECT pgdispatch.version()").query(String.class).single();
	}

	private static List<String> tables(TestDatabase database) {
		return database.jdbc("app")
			.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'pgdispatch'")
			.query(String.class)
			.list();
	}

	@Configuration(proxyBeanMethods = false)
	static class AdministratorInstalls {

		@Bean
		SchemaInitializer schemaInitializer(TestDatabase database) {
			return SchemaInitializer.jdbc(database.dataSource("postgres"), List.of("app"));
		}

	}

}
