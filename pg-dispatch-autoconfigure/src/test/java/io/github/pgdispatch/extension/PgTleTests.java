package io.github.pgdispatch.extension;

import java.nio.charset.StandardCharsets;
import java.util.List;

import io.github.pgdispatch.test.ExtensionFiles;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import io.github.pgdispatch.test.NextVersion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * The script for pg_tle, with a stand-in that takes what pg_tle takes and refuses what it
 * refuses.
 */
@Tag("every-postgresql")
@PostgresTest
class PgTleTests {

	private final TestDatabase database;

	private final JdbcClient jdbc;

	PgTleTests(TestDatabase database) {
		this.database = database;
		this.jdbc = database.jdbc("postgres");
	}

	@BeforeEach
	void createStandIn() throws Exception {
		run("postgres", "DROP SCHEMA IF EXISTS pgdispatch CASCADE", "DROP TABLE IF EXISTS public.effect",
				"DROP SCHEMA IF EXISTS pgtle CASCADE", new ClassPathResource("pgtle-stand-in.sql", PgTleTests.class)
					.getContentAsString(StandardCharsets.UTF_8));
	}

	@Test
	void whatPgTleIsGivenIsTheExtension() {
		run("postgres", ExtensionFiles.pgTleScript());
		assertThat(known()).containsExactly(TestDatabase.SCHEMA_VERSION);
		assertThat(this.jdbc.sql("SELECT version FROM pgtle.default_version").query(String.class).single())
			.isEqualTo(TestDatabase.SCHEMA_VERSION);
		run("app", "CALL pgtle.stand_in_for_create_extension()", "CREATE TABLE effect ()",
				"SELECT pgdispatch.fire('INSERT INTO effect DEFAULT VALUES')", "CALL pgdispatch.work()");
		assertThat(this.jdbc.sql("SELECT count(*) FROM effect").query(Integer.class).single()).isOne();
		assertThat(this.jdbc.sql("SELECT pgdispatch.version()").query(String.class).single())
			.isEqualTo(TestDatabase.SCHEMA_VERSION);
	}

	@Test
	void whatPgTleKnowsAlreadyIsLeftAsItIs() {
		run("postgres", "SELECT pgtle.install_extension('pg_dispatch', '" + TestDatabase.SCHEMA_VERSION
				+ "', 'ours', 'SELECT 1')");
		run("postgres", ExtensionFiles.pgTleScript());
		run("postgres", ExtensionFiles.pgTleScript());
		assertThat(known()).containsExactly(TestDatabase.SCHEMA_VERSION);
		assertThat(this.jdbc.sql("SELECT sql FROM pgtle.script ORDER BY position LIMIT 1").query(String.class).single())
			.isEqualTo("SELECT 1");
	}

	@Test
	void nextVersionIsAddedAsAWholeAndAsAnUpdate() {
		NextVersion next = NextVersion.get();
		run("postgres", ExtensionFiles.pgTleScript());
		run("postgres", next.pgTleScript());
		run("postgres", next.pgTleScript());
		assertThat(known()).containsExactly(TestDatabase.SCHEMA_VERSION, NextVersion.NAME,
				TestDatabase.SCHEMA_VERSION + "--" + NextVersion.NAME);
		run("app", "CALL pgtle.stand_in_for_create_extension()");
		assertThat(this.jdbc.sql("SELECT pgdispatch.version()").query(String.class).single())
			.isEqualTo(NextVersion.NAME);
	}

	@Test
	void standInRefusesWhatPgTleRefuses() {
		for (String script : List.of("BEGIN", "COMMIT", "SELECT $_pgtle_i_$a$_pgtle_i_$")) {
			assertThatException().isThrownBy(
					() -> run("postgres", "SELECT pgtle.install_extension('other', '1', '', $$" + script + "$$)",
							"CALL pgtle.stand_in_for_create_extension()"));
			run("postgres", "DELETE FROM pgtle.script");
		}
		assertThatException()
			.isThrownBy(() -> run("postgres", "SELECT pgtle.install_extension('a--b', '1', '', 'SELECT 1')"));
	}

	private List<String> known() {
		return this.jdbc.sql("SELECT concat_ws('--', from_version, version) FROM pgtle.script ORDER BY position")
			.query(String.class)
			.list();
	}

	private void run(String role, String... statements) {
		JdbcTemplate template = new JdbcTemplate(this.database.dataSource(role));
		List.of(statements).forEach(template::execute);
	}

}
