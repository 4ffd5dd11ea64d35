package io.github.pgdispatch.sql;

import java.sql.SQLException;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.ServerErrorMessage;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Nobody may do anything here who was not granted it.
 */
class PrivilegeTests extends AbstractQueueTests {

	PrivilegeTests(TestDatabase database) {
		super(database);
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT pgdispatch.fire('SELECT 1')", "CALL pgdispatch.work()", "TABLE pgdispatch.job",
			"TABLE pgdispatch.dead_letter" })
	void roleWithoutAGrantIsDenied(String sql) throws SQLException {
		try (Session stranger = this.queue.session(this.queue.createRole("LOGIN"))) {
			assertThat(stranger.error(sql).getMessage()).isEqualTo("permission denied for schema pgdispatch");
		}
	}

	@Test
	void nothingIsGrantedToPublic() throws SQLException {
		assertThat(this.queue.values("""
				WITH pgdispatch (oid) AS (SELECT 'pgdispatch'::regnamespace)
				SELECT p.oid::regprocedure::text FROM pg_proc AS p, pgdispatch,
				       aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
				 WHERE p.pronamespace = pgdispatch.oid AND a.grantee = 0
				UNION ALL
				SELECT c.oid::regclass::text FROM pg_class AS c, pgdispatch,
				       aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS a
				 WHERE c.relnamespace = pgdispatch.oid AND a.grantee = 0
				UNION ALL
				SELECT n.nspname FROM pg_namespace AS n, pgdispatch,
				       aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS a
				 WHERE n.oid = pgdispatch.oid AND a.grantee = 0""")).isEmpty();
	}

	@Test
	void onlyTheseFunctionsHaveTheRightsOfTheOwner() throws SQLException {
		assertThat(this.queue.values(
				"SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'pgdispatch'::regnamespace AND prosecdef"))
			.containsExactlyInAnyOrder("pgdispatch.cron_configuration()", "pgdispatch.cron_follow_renames()",
					"pgdispatch.status_of_all_roles()", "pgdispatch.tidy_history(boolean)");
	}

	@ParameterizedTest
	@ValueSource(strings = { "plain", "We\"\"ird role; --", "CamelCase", "select", "quo'te \\ %s" })
	void grantIsAllThatARoleNeeds(String name) throws SQLException {
		this.queue.run("DROP ROLE IF EXISTS \"" + name + "\"", "CREATE ROLE \"" + name + "\" LOGIN");
		this.queue.run("CALL pgdispatch.grant_to(quote_ident('" + name.replace("\"\"", "\"").replace("'", "''")
				+ "')::regrole)");
		try (Session role = this.queue.session(name.replace("\"\"", "\""))) {
			role.run("SELECT pgdispatch.poll_queue(1, true)", "SELECT pgdispatch.stop_idling()");
			role.fire("SELECT 1");
			role.fire("SELECT 1");
			role.fire("SELECT 1/0");
			assertThat(role.work("prefetch => -2").completed()).isEqualTo(2);
			assertThat(role.values("SELECT message FROM pgdispatch.dead_letter")).containsExactly("division by zero");
		}
		this.queue.run("DROP OWNED BY \"" + name + "\"", "DROP ROLE \"" + name + "\"");
	}

	@Test
	void roleMayNotGrantWhatItWasGranted() throws SQLException {
		String stranger = this.queue.createRole("LOGIN");
		this.app.run("CALL pgdispatch.grant_to('" + stranger + "')");
		assertThat(this.queue.value("SELECT has_schema_privilege('" + stranger + "', 'pgdispatch', 'USAGE')"))
			.isEqualTo("f");
	}

	@Test
	void roleThatOwnsTheTablesSeesOnlyItsOwnJobs() throws SQLException {
		String owner = this.queue.createRole("LOGIN");
		this.queue.run("ALTER SCHEMA pgdispatch OWNER TO " + owner, "ALTER TABLE pgdispatch.job OWNER TO " + owner,
				"ALTER TABLE pgdispatch.dead_letter OWNER TO " + owner,
				"ALTER FUNCTION pgdispatch.is_monitoring OWNER TO " + owner,
				"ALTER PROCEDURE pgdispatch.grant_to OWNER TO " + owner);
		try (Session session = this.queue.session(owner)) {
			this.app.fire("SELECT 1");
			assertThat(session.values("SELECT role FROM pgdispatch.job")).isEmpty();
			ServerErrorMessage error = session
				.error("INSERT INTO pgdispatch.job (role, command) VALUES ('app', 'SELECT 1')");
			assertThat(error.getSQLState()).isEqualTo("42501");
			assertThat(error.getMessage()).contains("row-level security");
		}
		finally {
			this.queue.run("REASSIGN OWNED BY " + owner + " TO postgres");
		}
	}

}
