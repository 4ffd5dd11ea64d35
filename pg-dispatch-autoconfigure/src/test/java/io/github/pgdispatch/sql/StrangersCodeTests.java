package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.concurrent.FutureTask;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.StrangersCode;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Nothing that a stranger has defined is called, whatever the search path of those who
 * install, administer and use the schema is.
 */
class StrangersCodeTests extends AbstractQueueTests {

	private static final String LONG = "SELECT pg_catalog.pg_sleep(60)";

	private static final String FAILING = "SELECT pgdispatch.fire('DO $x$ BEGIN RAISE SQLSTATE ''22000''; END $x$')";

	private static StrangersCode code;

	StrangersCodeTests(TestDatabase database) {
		super(database);
	}

	@BeforeAll
	static void define(TestDatabase database) throws SQLException {
		code = new StrangersCode(database).define();
	}

	@BeforeEach
	void reset() throws SQLException {
		code.reset();
	}

	@Test
	void installationUsesNone() throws SQLException {
		try (Session admin = this.queue.admin()) {
			admin.run("SET search_path = " + StrangersCode.DEFAULT_PATH, "BEGIN", "DROP SCHEMA pgdispatch CASCADE",
					TestDatabase.script(), "ROLLBACK");
		}
		assertThat(code.called()).isEmpty();
		assertThat(code.dependencies()).isEmpty();
	}

	@Test
	void installationIsRefusedWhereTypesOfStrangersComeFirst() throws SQLException {
		try (Session admin = this.queue.admin()) {
			admin.run("SET search_path = " + StrangersCode.CARELESS_PATH);
			assertThat(admin.error(TestDatabase.script()).getMessage())
				.isEqualTo("pgdispatch: the search_path names other schemas before pg_catalog");
		}
		assertThat(code.called()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { StrangersCode.DEFAULT_PATH, StrangersCode.CARELESS_PATH })
	void everythingRunsWithoutIt(String path) throws SQLException {
		administer(path);
		code.expose("app", path);
		try (Session worker = this.queue.app(); Session other = this.queue.app()) {
			runEverything(worker);
			other.run("SELECT pgdispatch.poll_queue(10, true)",
					"SELECT pgdispatch.poll_handlers('00000000-0000-0000-0000-000000000009', '{other}', true)");
			runEverything(worker);
			waitForLock(worker, other);
			interrupt(worker, other);
			failToWriteOutcome(worker);
		}
		assertThat(code.called()).isEmpty();
		await().untilAsserted(() -> assertThat(this.queue.values("""
				SELECT p.proname
				  FROM pg_proc AS p
				 WHERE p.pronamespace = 'pgdispatch'::regnamespace
				   AND p.prolang = (SELECT l.oid FROM pg_language AS l WHERE l.lanname = 'plpgsql')
				   AND NOT EXISTS (SELECT FROM pg_stat_user_functions AS f WHERE f.funcid = p.oid)
				   AND p.proname NOT LIKE 'cron%'
				 ORDER BY p.proname""")).as("functions, other than those for pg_cron, that this test does not call")
			.isSubsetOf("cancel_slow_chunks", "has_application", "is_held_by_role", "is_locked_exclusively",
					"lock_cron_exit", "refuse_batch", "refuse_command", "running_chunks", "wake_cron_for_more",
					"wake_idle_drivers", "warn_if_cron_is_elsewhere", "warn_no_driver"));
	}

	private void administer(String path) throws SQLException {
		String role = this.queue.createRole("LOGIN");
		try (Session admin = this.queue.admin()) {
			admin.run("SET search_path = " + path, "CALL pgdispatch.configure(result_limit => 15)",
					"CALL pgdispatch.configure('app', dead_letter_retention => '1 day', cron_workers => 3, cron_linger => '0')",
					"CALL pgdispatch.grant_to('" + role + "')", "CALL pgdispatch.grant_monitoring_to('" + role + "')",
					"CALL pgdispatch.revoke_from('" + role + "')", "SELECT * FROM pgdispatch.status()",
					"SELECT pgdispatch.fire('SELECT 1')");
		}
	}

	private static void runEverything(Session session) {
		for (String statement : StrangersCode.everything()) {
			try {
				session.run(statement);
			}
			catch (PSQLException ex) {
				assertThat(ex.getSQLState()).as("%s: %s", statement, ex.getMessage())
					.isIn("22004", "22023", "25006", "25P02", "42704", "PD002", "PD003");
			}
			catch (SQLException ex) {
				throw new IllegalStateException(ex);
			}
		}
	}

	private static void waitForLock(Session worker, Session other) throws SQLException {
		other.run("BEGIN", "SELECT pgdispatch.try_mutex('app', pgdispatch.order_mutex('locked'))");
		worker.run("SELECT pgdispatch.dispatch('SELECT 1', ordering_key => 'locked')", "CALL pgdispatch.work()");
		other.run("ROLLBACK", "SELECT pg_catalog.pg_advisory_lock(pgdispatch.interruption_lock(" + worker.pid() + "))");
		worker.run(FAILING, "CALL pgdispatch.work()");
		other.run("SELECT pg_catalog.pg_advisory_unlock_all()");
	}

	private static void awaitRunning(String job, Session other) {
		await().until(() -> other.value("SELECT pgdispatch.session_running(" + job + ")") != null);
	}

	private static void interrupt(Session worker, Session other) throws SQLException {
		String cancelled = worker.value("SELECT pgdispatch.dispatch('" + LONG + "', priority => 1)");
		FutureTask<Session.Drain> work = Session.async(() -> worker.work());
		awaitRunning(cancelled, other);
		assertThat(other.value("SELECT pgdispatch.cancel(" + cancelled + ")")).isEqualTo("interrupted");
		await().until(work::isDone);
		String late = worker.value("SELECT pgdispatch.dispatch('" + LONG + "', time_limit => '1 ms')");
		work = Session.async(() -> worker.work());
		awaitRunning(late, other);
		other.run("SELECT pgdispatch.enforce_time_limits()");
		await().until(work::isDone);
	}

	private void failToWriteOutcome(Session worker) throws SQLException {
		this.queue.run("""
				CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$""",
				"""
						CREATE TRIGGER refuse BEFORE INSERT ON pgdispatch.dead_letter
							FOR EACH ROW EXECUTE FUNCTION public.refuse()""");
		worker.run(FAILING, "CALL pgdispatch.work()");
		this.queue.run("DROP FUNCTION public.refuse CASCADE");
	}

	@Test
	void schemaThatIsNamedLikeThatOfPgCronIsNotUsed() throws SQLException {
		code.pretendToBePgCron();
		String role = this.queue.createRole("LOGIN");
		this.queue.grantTo(role);
		this.app.fire("SELECT 1");
		this.app.run("SELECT pgdispatch.dispatch('SELECT 1', '1 hour', transactional => false)",
				"INSERT INTO pgdispatch.cron_worker (role, purpose, job_id) SELECT m.role, 'non_transactional', m.id FROM pgdispatch.managed_job AS m",
				"SELECT pgdispatch.session_running(m.id) FROM pgdispatch.managed_job AS m",
				"SELECT pgdispatch.poll_queue(10, true)", "CALL pgdispatch.work()",
				"SELECT pgdispatch.cron_follow_renames()");
		this.queue.run("CALL pgdispatch.revoke_from('" + role + "')");
		code.run("DROP SCHEMA cron CASCADE");
		assertThat(code.called()).isEmpty();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			"$user", public    | SELECT '1'::oid <> 1
			"$user", public    | SELECT interval '1 s' / 2
			"$user", public    | SELECT quote_ident(CURRENT_USER)
			"$user", public    | SELECT format('%s', 1)
			public, pg_catalog | SELECT now()
			public, pg_catalog | SELECT 'a' = 'a'
			public, pg_catalog | SELECT 'a'::text
			public, pg_catalog | SELECT * FROM pg_locks
			""")
	void unqualifiedNameWouldCallIt(String path, String statement) throws SQLException {
		this.app.run("SET search_path = " + path);
		assertThat(this.app.error(statement).getSQLState()).isEqualTo("TRAP1");
		assertThat(code.called()).hasSize(1);
	}

}
