package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The schema explains itself, and its script runs however it is run.
 */
class CatalogueTests extends AbstractQueueTests {

	CatalogueTests(TestDatabase database) {
		super(database);
	}

	@Test
	void everythingHasAComment() throws SQLException {
		assertThat(this.queue.values("""
				WITH pgdispatch (oid) AS (SELECT 'pgdispatch'::regnamespace)
				SELECT 'schema' FROM pgdispatch WHERE obj_description(oid, 'pg_namespace') IS NULL
				UNION ALL
				SELECT p.oid::regprocedure::text FROM pg_proc AS p, pgdispatch
				 WHERE p.pronamespace = pgdispatch.oid AND obj_description(p.oid, 'pg_proc') IS NULL
				UNION ALL
				SELECT c.oid::regclass::text FROM pg_class AS c, pgdispatch
				 WHERE c.relnamespace = pgdispatch.oid AND c.relkind NOT IN ('i', 'S')
				   AND obj_description(c.oid, 'pg_class') IS NULL
				UNION ALL
				SELECT format('%s.%s', c.oid::regclass, a.attname) FROM pg_class AS c, pg_attribute AS a, pgdispatch
				 WHERE c.relnamespace = pgdispatch.oid AND c.relkind NOT IN ('i', 'S') AND a.attrelid = c.oid
				   AND a.attnum > 0 AND col_description(c.oid, a.attnum) IS NULL
				UNION ALL
				SELECT y.polname FROM pg_policy AS y WHERE obj_description(y.oid, 'pg_policy') IS NULL""")).isEmpty();
	}

	@Test
	void scriptIsPlainSqlWithoutTransactionControl() {
		String statements = TestDatabase.script()
			.replaceAll("(?s)\\$\\$.*?\\$\\$", "")
			.replaceAll("(?m)^--.*$", "")
			.replaceAll("'[^']*'", "");
		assertThat(statements).doesNotContainPattern("(?m)^\\s*\\\\")
			.doesNotContainPattern("(?mi)^\\s*(BEGIN|START TRANSACTION|COMMIT|END|ROLLBACK|SAVEPOINT|VACUUM)\\b");
		assertThat(TestDatabase.script()).doesNotContain("$_pgtle_");
	}

	@Test
	void scriptThatRunsTwiceFailsAndChangesNothing() throws SQLException {
		this.app.fire(Queue.effect("still there"));
		try (Session admin = this.queue.admin()) {
			assertThat(admin.error(TestDatabase.script()).getSQLState()).isEqualTo("42P07");
		}
		assertThat(this.app.work().completed()).isOne();
	}

	@Test
	void scriptRunsInASchemaThatIsThereAlready() throws SQLException {
		String owner = this.queue.createRole("LOGIN");
		try (Session admin = this.queue.admin()) {
			admin.run("BEGIN", "DROP SCHEMA pgdispatch CASCADE", "CREATE SCHEMA pgdispatch",
					"GRANT ALL ON SCHEMA pgdispatch TO " + owner, "SET ROLE " + owner, TestDatabase.script(),
					"SELECT pgdispatch.fire('SELECT 1')", "ROLLBACK");
		}
	}

	@Test
	void versionIsThatOfTheScript() throws SQLException {
		assertThat(this.app.value("SELECT pgdispatch.version()")).isEqualTo(TestDatabase.SCHEMA_VERSION);
	}

}
