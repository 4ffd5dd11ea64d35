package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import io.github.pgdispatch.test.UnqualifiedNames;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * No search path decides which operator, function, type or relation the schema uses: each
 * function either fixes the path, or qualifies every name.
 */
class QualifiedNamesTests extends AbstractQueueTests {

	private static final String FUNCTIONS_WITHOUT_A_PATH = """
			 FROM pg_proc AS p
			WHERE p.pronamespace = 'pgdispatch'::regnamespace
			  AND NOT coalesce(p.proconfig, '{}') @> ARRAY['search_path=pg_catalog, pg_temp']
			ORDER BY p.proname""";

	QualifiedNamesTests(TestDatabase database) {
		super(database);
	}

	@Test
	void functionsThatDoNotFixThePathQualifyEveryName() throws SQLException {
		try (Session admin = this.queue.admin()) {
			List<String> names = admin.values("SELECT p.proname" + FUNCTIONS_WITHOUT_A_PATH);
			List<String> bodies = admin.values("SELECT p.prosrc" + FUNCTIONS_WITHOUT_A_PATH);
			assertThat(names).contains("work", "fire").hasSameSizeAs(bodies);
			for (int i = 0; i < names.size(); i++) {
				assertThat(UnqualifiedNames.in(bodies.get(i))).as("unqualified names of pgdispatch.%s", names.get(i))
					.isEmpty();
			}
		}
	}

	@Test
	void noFunctionFixesAnotherPath() throws SQLException {
		assertThat(this.queue.values("""
				SELECT DISTINCT c.setting
				  FROM pg_proc AS p,
				       unnest(p.proconfig) AS c (setting)
				 WHERE p.pronamespace = 'pgdispatch'::regnamespace
				   AND c.setting LIKE 'search_path=%'""")).containsExactly("search_path=pg_catalog, pg_temp");
	}

	@Test
	void otherStatementsOfTheScriptQualifyEveryOperatorAndFunction() {
		String statements = TestDatabase.script()
			.replaceAll("(?s)CREATE OR REPLACE (FUNCTION|PROCEDURE) .*?\\nAS \\$\\$.*?\\$\\$;", "")
			.replaceAll("(?s)COMMENT ON [^;']*'.*?';\\n", "");
		assertThat(statements).contains("CREATE POLICY", "CHECK (", "DO $$").doesNotContain("CREATE OR REPLACE");
		assertThat(UnqualifiedNames.inDefinitions(statements)).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT a = b", "SELECT a OPERATOR(public.=) b", "SELECT 1 + 1", "SELECT a IN (1)",
			"SELECT a BETWEEN 1 AND 2", "SELECT nullif(a, 1)", "SELECT a IS DISTINCT FROM b",
			"SELECT CASE a WHEN 1 THEN 2 END", "SELECT a LIKE 'x'", "SELECT now()", "SELECT public.now()",
			"SELECT 'x'::text", "DECLARE a text; BEGIN END", "DECLARE a CONSTANT text := ''; BEGIN END",
			"SELECT FROM pg_class", "SELECT FROM pgdispatch.job JOIN x ON true", "INSERT INTO job VALUES (1)",
			"UPDATE pgdispatch.job SET a = b = c", "SELECT a, b = c", "BEGIN EXECUTE 'SELECT a = b'; END",
			"SELECT CASE WHEN true THEN 1 END, b = c", "RAISE 'x' USING MESSAGE = a = b", "SELECT -a" })
	void unqualifiedNameIsFound(String source) {
		assertThat(UnqualifiedNames.in(source)).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT a OPERATOR(pg_catalog.=) ANY (ARRAY[1])", "SELECT pg_catalog.count(*), -1, j.*",
			"UPDATE pgdispatch.job SET a = CASE WHEN b THEN 1 END, b = 2", "SELECT FROM pg_catalog.unnest(a) AS c (d)",
			"WITH a AS (SELECT) SELECT FROM a", "BEGIN FOR i IN 1 .. 2 LOOP END LOOP; END", "SELECT x::pg_catalog.text",
			"BEGIN GET STACKED DIAGNOSTICS a = ROW_COUNT, b = C; END", "RAISE 'x' USING MESSAGE = 'y', HINT = 'a = b'",
			"SELECT coalesce(a, 1)::integer -- a = b", "SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "SET a = b" })
	void qualifiedNameIsNotFound(String source) {
		assertThat(UnqualifiedNames.in(source)).isEmpty();
	}

}
