package io.github.pgdispatch.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

import org.springframework.core.io.ClassPathResource;

/**
 * Operators, functions, types and relations that a stranger has defined in the schema
 * public, for others to call by mistake. The search path of the database's other sessions
 * is safe.
 */
public final class StrangersCode {

	/**
	 * The search path that every role has by default.
	 */
	public static final String DEFAULT_PATH = "\"$user\", public";

	/**
	 * The most dangerous search path.
	 */
	public static final String CARELESS_PATH = "public, pg_catalog";

	private final TestDatabase database;

	private final String stranger = "stranger_" + UUID.randomUUID().toString().replace("-", "");

	public StrangersCode(TestDatabase database) {
		this.database = database;
	}

	/**
	 * Defines the code, and installs the schema of this project anew where the code is.
	 * @return this
	 */
	public StrangersCode define() throws SQLException {
		try (Session admin = new Session(this.database, "postgres")) {
			admin.run("CREATE ROLE " + this.stranger + " LOGIN", "GRANT CREATE ON SCHEMA public TO " + this.stranger,
					"GRANT CREATE ON DATABASE " + this.database.name() + " TO " + this.stranger,
					"CREATE SCHEMA trap AUTHORIZATION " + this.stranger,
					"ALTER DATABASE " + this.database.name() + " SET search_path = pg_catalog",
					"ALTER DATABASE " + this.database.name() + " SET track_functions = 'all'");
		}
		run(resource("strangers-code.sql"));
		try (Session admin = new Session(this.database, "postgres")) {
			admin.run("DROP SCHEMA pgdispatch CASCADE", "SET search_path = " + DEFAULT_PATH, TestDatabase.script(),
					"CALL pgdispatch.grant_to('app')");
		}
		return this;
	}

	/**
	 * Does something as the stranger.
	 * @param statements the statements
	 */
	public void run(String... statements) throws SQLException {
		try (Session session = new Session(this.database, this.stranger)) {
			session.run(statements);
		}
	}

	/**
	 * Creates a schema with the name and the objects of that of pg_cron.
	 */
	public void pretendToBePgCron() throws SQLException {
		run("CREATE SCHEMA cron",
				"""
						DO $$
						BEGIN
							EXECUTE 'CREATE FUNCTION cron.schedule(text, text, text) RETURNS bigint ' || trap.body('cron.schedule');
							EXECUTE 'CREATE FUNCTION cron.unschedule(bigint) RETURNS boolean ' || trap.body('cron.unschedule');
							EXECUTE 'CREATE FUNCTION cron.unschedule(text) RETURNS boolean ' || trap.body('cron.unschedule');
							EXECUTE 'CREATE FUNCTION cron.active() RETURNS boolean ' || trap.body('cron.job');
						END
						$$""",
				"CREATE SEQUENCE cron.runid_seq",
				"""
						CREATE VIEW cron.job AS
						SELECT 1::bigint AS jobid, '1 second' AS schedule, 'CALL pgdispatch.cron_work(1)' AS command, 'localhost' AS nodename,
						       5432 AS nodeport, current_database()::text AS database, r.rolname::text AS username,
						       cron.active() AS active, 'pgdispatch worker 1' AS jobname
						  FROM pg_roles AS r""",
				"""
						CREATE VIEW cron.job_run_details AS
						SELECT j.*, 1::bigint AS runid, 1 AS job_pid, 'running' AS status, '' AS return_message, now() AS end_time
						  FROM cron.job AS j""",
				"GRANT ALL ON SCHEMA cron TO PUBLIC", "GRANT ALL ON ALL TABLES IN SCHEMA cron TO PUBLIC",
				"GRANT ALL ON ALL SEQUENCES IN SCHEMA cron TO PUBLIC");
	}

	/**
	 * Gives new sessions of a role a search path.
	 * @param role the role
	 * @param path the search path
	 */
	public void expose(String role, String path) throws SQLException {
		try (Session admin = new Session(this.database, "postgres")) {
			admin.run("ALTER ROLE " + role + " IN DATABASE " + this.database.name() + " SET search_path = " + path);
		}
	}

	/**
	 * Forgets what was called.
	 */
	public void reset() throws SQLException {
		run("SELECT pg_catalog.setval('trap.sprung', 1, false)");
	}

	/**
	 * Returns what was called last, also if its error was caught.
	 * @return one piece of code, or none
	 */
	public List<String> called() throws SQLException {
		try (Session admin = new Session(this.database, "postgres")) {
			return admin.values(
					"SELECT t.name FROM trap.trap AS t JOIN trap.sprung AS s ON s.last_value = t.number AND s.is_called");
		}
	}

	/**
	 * Returns the objects outside of pg_catalog and pgdispatch that an expression in the
	 * schema, such as a policy or a default, would call.
	 * @return their descriptions
	 */
	public List<String> dependencies() throws SQLException {
		try (Session admin = new Session(this.database, "postgres")) {
			return admin.values("""
					SELECT pg_describe_object(d.refclassid, d.refobjid, 0)
					  FROM pg_depend AS d
					  LEFT JOIN pg_operator AS o ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
					  LEFT JOIN pg_proc AS p ON d.refclassid = 'pg_proc'::regclass AND p.oid = d.refobjid
					  LEFT JOIN pg_type AS t ON d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid
					 WHERE coalesce(o.oprnamespace, p.pronamespace, t.typnamespace)
					           IN ('public'::regnamespace, 'trap'::regnamespace)
					   AND pg_describe_object(d.classid, d.objid, d.objsubid) ~ '\\mpgdispatch\\M'""");
		}
	}

	/**
	 * Returns statements that make every function of the schema run.
	 * @return the statements
	 */
	public static List<String> everything() {
		return Stream.of(resource("everything.sql").split(";\\n")).toList();
	}

	private static String resource(String name) {
		try {
			return new ClassPathResource(name, StrangersCode.class).getContentAsString(StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
