package io.github.pgdispatch.schema;

import java.util.List;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGSimpleDataSource;

import org.springframework.jdbc.core.simple.JdbcClient;
import io.github.pgdispatch.test.NextVersion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for the roles that a {@link SchemaInitializer} grants the schema to.
 */
@PostgresTest
@Tag("every-postgresql")
class SchemaGrantTests {

	private String role = "";

	private JdbcClient jdbcOfRole = JdbcClient.create(new PGSimpleDataSource());

	@BeforeEach
	void createRole(TestDatabase database) {
		this.role = "O'Hara of " + database.name();
		database.jdbc("postgres").sql("CREATE ROLE \"" + this.role + "\" LOGIN").update();
		this.jdbcOfRole = database.jdbc(this.role);
	}

	@ParameterizedTest
	@EnumSource
	void withoutIsDenied(Installation installation, TestDatabase database) {
		installation.run(database.dataSource("app"));
		assertThatException().isThrownBy(this::fire).havingRootCause().withMessageContaining("permission denied");
	}

	@ParameterizedTest
	@EnumSource
	void letsARoleDispatch(Installation installation, TestDatabase database) {
		installation.run(database.dataSource("app"), this.role);
		fire();
		assertThat(jobsOfRole()).isOne();
	}

	@ParameterizedTest
	@EnumSource
	void letsARoleDispatchThatIsNamedLater(Installation installation, TestDatabase database) {
		installation.run(database.dataSource("app"));
		installation.run(database.dataSource("app"), "app", this.role);
		fire();
		assertThat(jobsOfRole()).isOne();
	}

	@ParameterizedTest
	@EnumSource
	void addsWhateverIsMissing(Installation installation, TestDatabase database) {
		installation.run(database.dataSource("app"), this.role);
		List.of("REVOKE INSERT ON pgdispatch.job FROM PUBLIC, \"%s\"",
				"REVOKE EXECUTE ON FUNCTION pgdispatch.fire FROM \"%s\"",
				"REVOKE USAGE ON SCHEMA pgdispatch FROM \"%s\"")
			.forEach((revoke) -> {
				database.jdbc("app").sql(revoke.formatted(this.role)).update();
				assertThatException().isThrownBy(this::fire);
				installation.run(database.dataSource("app"), this.role);
				fire();
			});
		assertThat(jobsOfRole()).isEqualTo(3);
	}

	@Test
	void whoeverCouldDispatchBeforeAnUpgradeStillCan(TestDatabase database) {
		database.install("app");
		database.jdbc("app").sql("CALL pgdispatch.grant_to(?::regrole)").param('"' + this.role + '"').update();
		database.update("app", NextVersion.get());
		fire();
		assertThat(jobsOfRole()).isOne();
		assertThat(this.jdbcOfRole.sql("SELECT count(*) FROM pgdispatch.cron_worker").query(Integer.class).single())
			.isZero();
	}

	@ParameterizedTest
	@EnumSource
	void unknownRoleIsNamedBeforeAnythingIsInstalled(Installation installation, TestDatabase database) {
		assertThatExceptionOfType(PgDispatchConfigurationException.class)
			.isThrownBy(() -> installation.run(database.dataSource("app"), "app", "no such role"))
			.satisfies((ex) -> {
				assertThat(ex.getDescription()).contains("cannot be granted to \"no such role\"", "no such role");
				assertThat(ex.getAction()).contains("pgdispatch.schema.grant-to");
			});
		assertThat(
				database.jdbc("app").sql("SELECT to_regnamespace('pgdispatch') IS NULL").query(Boolean.class).single())
			.isTrue();
	}

	@ParameterizedTest
	@EnumSource
	void roleThatDoesNotOwnTheSchemaIsToldWhatTheOwnerHasToRun(Installation installation, TestDatabase database) {
		database.install("app");
		assertThatExceptionOfType(PgDispatchConfigurationException.class)
			.isThrownBy(() -> installation.run(database.dataSource(this.role)))
			.satisfies((ex) -> {
				assertThat(ex.getDescription()).contains("owned by app",
						"Privileges are missing there for \"" + this.role + "\".");
				runAsOwner(database, ex.getAction());
			});
		installation.run(database.dataSource(this.role));
		fire();
		assertThat(jobsOfRole()).isOne();
	}

	private static void runAsOwner(TestDatabase database, String action) {
		String prefix = "Its owner then runs: ";
		assertThat(action).startsWith(prefix);
		database.jdbc("app").sql(action.substring(prefix.length())).update();
	}

	private void fire() {
		this.jdbcOfRole.sql("SELECT pgdispatch.fire('SELECT 1')").query().singleRow();
	}

	private int jobsOfRole() {
		return this.jdbcOfRole.sql("SELECT count(*) FROM pgdispatch.job").query(Integer.class).single();
	}

}
