package io.github.pgdispatch.schema;

import java.util.List;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link SchemaValidator}.
 */
@PostgresTest
class SchemaValidatorTests {

	@Test
	void schemaThatFits(TestDatabase database) {
		database.install("app");
		validate(database, "app");
	}

	@Test
	void noSchema(TestDatabase database) {
		PgDispatchConfigurationException failure = failure(database, "app");
		assertThat(failure.getDescription()).isEqualTo("There is no schema of pg-dispatch in the database "
				+ database.name() + ", as it has no schema pgdispatch.");
		assertThat(failure.getAction()).contains("'java -jar pg-dispatch-autoconfigure.jar' prints",
				"CALL pgdispatch.grant_to('app');", "pgdispatch.schema.mode");
	}

	@Test
	void emptySchema(TestDatabase database) {
		database.jdbc("app").sql("CREATE SCHEMA pgdispatch").update();
		assertThat(failure(database, "app").getDescription())
			.contains("its schema pgdispatch has no function version()");
	}

	@Test
	void olderSchema(TestDatabase database) {
		database.install("app");
		database.jdbc("app")
			.sql("CREATE OR REPLACE FUNCTION pgdispatch.version() RETURNS text LANGUAGE sql AS $$ SELECT '0.9.9' $$")
			.update();
		PgDispatchConfigurationException failure = failure(database, "app");
		assertThat(failure.getDescription()).contains("pgdispatch 0.9.9",
				"needs version " + TestDatabase.SCHEMA_VERSION);
		assertThat(failure.getAction()).contains("Upgrade it as app");
	}

	@Test
	void schemaThatTheRoleMayNotUse(TestDatabase database) {
		database.install("postgres");
		PgDispatchConfigurationException failure = failure(database, "app");
		assertThat(failure.getDescription()).contains("owned by postgres", "Privileges are missing there for app.");
		assertThat(failure.getAction()).contains("CALL pgdispatch.grant_to('app');");
		database.jdbc("postgres").sql("CALL pgdispatch.grant_to('app');").update();
		validate(database, "app");
	}

	private static PgDispatchConfigurationException failure(TestDatabase database, String role) {
		return assertThatExceptionOfType(PgDispatchConfigurationException.class)
			.isThrownBy(() -> validate(database, role))
			.actual();
	}

	private static void validate(TestDatabase database, String role) {
		new SchemaValidator(database.dataSource(role), List.of()).afterPropertiesSet();
	}

}
