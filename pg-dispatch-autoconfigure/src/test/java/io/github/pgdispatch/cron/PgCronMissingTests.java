package io.github.pgdispatch.cron;

import java.sql.SQLException;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A server without pg_cron does not miss it.
 */
@PostgresTest
class PgCronMissingTests {

	private final TestDatabase database;

	PgCronMissingTests(TestDatabase database) {
		this.database = database;
	}

	@BeforeAll
	static void install(TestDatabase database) {
		database.install("postgres");
		database.jdbc("postgres").sql("CALL pgdispatch.grant_to('app')").update();
	}

	@ParameterizedTest
	@ValueSource(strings = { "app", "postgres" })
	void dispatchDoesNotWarn(String role) throws SQLException {
		assertThat(Warnings.of(this.database.dataSource(role), "SELECT pgdispatch.fire('SELECT 1')")).isEmpty();
	}

	@Test
	void roleIsDroppedLikeAnyOther() {
		this.database.jdbc("postgres").sql("CREATE ROLE short_lived LOGIN").update();
		this.database.jdbc("postgres").sql("CALL pgdispatch.grant_to('short_lived')").update();
		this.database.jdbc("short_lived").sql("SELECT pgdispatch.dispatch('SELECT 1')").query().singleValue();
		this.database.jdbc("postgres").sql("CALL pgdispatch.revoke_from('short_lived')").update();
		this.database.jdbc("postgres").sql("DROP ROLE short_lived").update();
		assertThat(this.database.jdbc("postgres")
			.sql("SELECT count(*) FROM pgdispatch.job WHERE role::oid NOT IN (SELECT oid FROM pg_roles)")
			.query(Integer.class)
			.single()).isZero();
	}

}
