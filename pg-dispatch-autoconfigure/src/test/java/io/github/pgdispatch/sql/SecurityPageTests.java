package io.github.pgdispatch.sql;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.util.PSQLException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The table in {@code docs/security.md} says truly who can do what.
 */
@PostgresTest
class SecurityPageTests {

	private static final String OF_ANOTHER = " of another role";

	private static final List<String> ROLES = List.of("nobody_here", "monitor_here", "granted_here", "app", "postgres");

	/**
	 * A query for each line of the table that returns whether a role could do it. It
	 * fails if the role lacks a privilege.
	 */
	private static final Map<String, String> ATTEMPTS = Map.of("Dispatch and run jobs of its own",
			"SELECT pgdispatch.dispatch('SELECT 1') > 0", "Count the jobs of another role",
			"""
					SELECT EXISTS (SELECT FROM pgdispatch.status() WHERE role = 'victim_here'::regrole AND kind = 'sql' AND count > 0)""",
			"Read the jobs of another role",
			"SELECT EXISTS (SELECT FROM pgdispatch.job WHERE role = 'victim_here'::regrole)",
			"Write a job for another role", """
					WITH written AS (
						INSERT INTO pgdispatch.job (role, command) VALUES ('victim_here', 'SELECT 1') RETURNING 1)
					SELECT EXISTS (SELECT FROM written)""", "Delete the job of another role", """
					WITH deleted AS (DELETE FROM pgdispatch.job WHERE role = 'victim_here'::regrole RETURNING 1)
					SELECT EXISTS (SELECT FROM deleted)""",
			"Find, cancel or retry the job of another role by a function", """
					SELECT EXISTS (SELECT FROM pgdispatch.find(waiting)) OR EXISTS (SELECT FROM pgdispatch.find(dead))
					       OR pgdispatch.retry(dead) OR pgdispatch.cancel(waiting) IS NOT NULL
					  FROM public.victims_job""", "Make others wait by `LOCK TABLE`",
			"LOCK TABLE pgdispatch.job IN EXCLUSIVE MODE; SELECT true", "Change settings",
			"CALL pgdispatch.configure(result_limit => 1000); SELECT true", "Grant the schema", """
					CALL pgdispatch.grant_to('other_here');
					SELECT has_table_privilege('other_here', 'pgdispatch.job', 'INSERT')""", "Replace a function", """
					CREATE OR REPLACE FUNCTION pgdispatch.version() RETURNS text LANGUAGE sql AS $$ SELECT '2' $$;
					SELECT true""");

	private static TestDatabase database;

	@BeforeAll
	static void install(TestDatabase database) throws SQLException {
		SecurityPageTests.database = database.install("app");
		try (Session admin = new Session(database, "postgres")) {
			for (String role : List.of("nobody_here", "monitor_here", "granted_here", "victim_here", "other_here")) {
				admin.run("CREATE ROLE " + role + " LOGIN");
			}
			admin.run("CALL pgdispatch.grant_to('granted_here')", "CALL pgdispatch.grant_to('victim_here')",
					"CALL pgdispatch.grant_monitoring_to('monitor_here')");
		}
		try (Session victim = new Session(database, "victim_here")) {
			victim.run("SELECT pgdispatch.dispatch('SELECT 1')");
			victim.fire("SELECT 1/0");
			victim.run("CALL pgdispatch.work(prefetch => 1)", "SELECT pgdispatch.dispatch('SELECT 1')");
		}
		try (Session admin = new Session(database, "postgres")) {
			admin.run("""
					CREATE TABLE public.victims_job AS
					SELECT job.id AS waiting, dead_letter.id AS dead FROM pgdispatch.job, pgdispatch.dead_letter""",
					"GRANT SELECT ON public.victims_job TO public");
		}
	}

	@AfterAll
	static void dropRoles() throws SQLException {
		try (Session admin = new Session(database, "postgres")) {
			for (String role : List.of("nobody_here", "monitor_here", "granted_here", "victim_here", "other_here")) {
				admin.run("DROP OWNED BY " + role, "DROP ROLE " + role);
			}
		}
	}

	static Stream<List<String>> lines() throws IOException {
		return Files.readAllLines(Path.of("..", "docs", "security.md"))
			.stream()
			.filter((line) -> line.matches("\\|.*(yes|no) \\|"))
			.map((line) -> Stream.of(line.split("\\|")).map(String::strip).filter((cell) -> !cell.isEmpty()).toList());
	}

	@ParameterizedTest
	@MethodSource("lines")
	void tableTellsTheTruth(List<String> line) throws SQLException {
		String attempt = ATTEMPTS.get(line.get(0));
		for (int i = 0; attempt != null && i < ROLES.size(); i++) {
			assertThat(succeeds(ROLES.get(i), attempt) ? "yes" : "no").as(ROLES.get(i)).isEqualTo(line.get(i + 1));
		}
	}

	/**
	 * Otherwise, an attempt would fail because of what it tries, not because of who does.
	 */
	@Test
	void roleItselfCanDoWhatNoOtherCan() throws SQLException {
		List<String> attempts = ATTEMPTS.keySet().stream().filter((what) -> what.contains(OF_ANOTHER)).toList();
		assertThat(attempts).hasSize(4);
		for (String attempt : attempts) {
			assertThat(succeeds("victim_here", ATTEMPTS.get(attempt))).as(attempt).isTrue();
		}
		for (String call : List.of("EXISTS (SELECT FROM pgdispatch.find(waiting))",
				"EXISTS (SELECT FROM pgdispatch.find(dead))", "pgdispatch.retry(dead)",
				"pgdispatch.cancel(waiting) IS NOT NULL")) {
			assertThat(succeeds("victim_here", "SELECT " + call + " FROM public.victims_job")).as(call).isTrue();
		}
	}

	/**
	 * StrangersLocksTests tries the line on advisory locks.
	 */
	@Test
	void eachLineIsTried() throws IOException {
		assertThat(lines().map((line) -> line.get(0)).filter((what) -> !what.endsWith("by an advisory lock")))
			.containsExactlyInAnyOrderElementsOf(ATTEMPTS.keySet());
	}

	private static boolean succeeds(String role, String attempt) throws SQLException {
		String[] statements = attempt.split(";\\s+");
		try (Session session = new Session(database, role)) {
			session.run("BEGIN");
			for (int i = 0; i < statements.length - 1; i++) {
				session.run(statements[i]);
			}
			return "t".equals(session.value(statements[statements.length - 1]));
		}
		catch (PSQLException ex) {
			assertThat(ex.getSQLState()).isEqualTo("42501");
			return false;
		}
	}

}
