package io.github.pgdispatch.cron;

import java.time.Duration;
import java.util.List;

import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.PgCronTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Whatever defaults a role or a database has for its sessions, its jobs are dispatched,
 * and workers of pg_cron run them without an error.
 */
@PgCronTest("cron.max_running_jobs=100")
@Execution(ExecutionMode.CONCURRENT)
class PgCronRoleSettingsTests {

	private static final List<String> SETTINGS = """
			default_transaction_isolation = 'serializable'
			default_transaction_isolation = 'repeatable read'
			default_transaction_read_only = on
			default_transaction_deferrable = on
			statement_timeout = '5s'
			lock_timeout = '100ms'
			idle_in_transaction_session_timeout = '20ms'
			transaction_timeout = '5s'
			role = 'app'
			search_path = ''
			search_path = 'nowhere, public, pg_catalog'
			DateStyle = 'German'
			IntervalStyle = 'iso_8601'
			TimeZone = 'America/St_Johns'
			bytea_output = 'escape'
			client_encoding = 'LATIN1'
			client_min_messages = debug1
			array_nulls = off
			standard_conforming_strings = off
			extra_float_digits = -15
			session_replication_role = replica
			plan_cache_mode = force_generic_plan
			plpgsql.variable_conflict = use_column
			plpgsql.extra_errors = 'all'
			debug_parallel_query = regress
			track_activities = off
			temp_file_limit = 0
			""".lines().toList();

	private final PgCronServer server;

	private final CronQueue queue;

	PgCronRoleSettingsTests(PgCronServer server) {
		this.server = server;
		this.queue = new CronQueue(server.database());
	}

	@BeforeEach
	void prepare() {
		this.queue.prepare().lingering("0").withWorkers(1);
		this.queue.run("""
				CREATE TABLE failed_run (setting text, message text);
				CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql
				AS $$
				BEGIN
					INSERT INTO failed_run
					SELECT r.rolconfig, NEW.return_message FROM pg_roles AS r WHERE r.rolname = NEW.username;
					RETURN NULL;
				END $$;
				CREATE TRIGGER note AFTER UPDATE ON cron.job_run_details
				   FOR EACH ROW WHEN (NEW.status = 'failed') EXECUTE FUNCTION note();""");
	}

	@Test
	void jobsAreDispatchedAndRun() {
		for (String setting : SETTINGS) {
			String role = "role_" + SETTINGS.indexOf(setting);
			this.queue.run("CREATE ROLE " + role + " LOGIN IN ROLE app");
			this.queue.run("GRANT USAGE ON SCHEMA cron TO " + role);
			this.queue.run("CALL pgdispatch.grant_to('" + role + "')");
			String effect = "$job$INSERT INTO public.effect VALUES ($$" + setting + "$$)$job$";
			dispatch(role, "SELECT pgdispatch.snooze(" + effect + ", '5 seconds')");
			this.queue.run("ALTER ROLE " + role + " SET " + setting);
			dispatch(role,
					"SELECT pgdispatch.fire(" + effect + "); SELECT pgdispatch.snooze(" + effect + ", '4 seconds');"
							+ " SELECT pgdispatch.dispatch(" + effect
							+ ", key => 'key', ordering_key => 'order', time_limit => '1 minute', result => 'count')");
		}
		await().atMost(Duration.ofMinutes(2)).until(() -> this.queue.count("pgdispatch.job") == 0);
		assertThat(this.queue.rows("SELECT * FROM failed_run")).isEmpty();
		assertThat(this.queue.rows("SELECT command, sqlstate, message FROM pgdispatch.dead_letter")).isEmpty();
		assertThat(this.queue.effects()).hasSize(4 * SETTINGS.size());
		this.queue.awaitIdle();
	}

	/**
	 * With psql, since the JDBC driver does not leave all defaults as they are.
	 */
	private void dispatch(String role, String statements) {
		this.server.run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", this.server.database().name(), "-U", role,
				"-c", "BEGIN READ WRITE; " + statements + "; COMMIT");
	}

}
