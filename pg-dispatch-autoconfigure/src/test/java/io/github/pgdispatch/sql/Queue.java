package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;

import static org.awaitility.Awaitility.await;

/**
 * A database with the schema in it, which belongs to the superuser {@code postgres}, with
 * a role {@code app} that may dispatch, and with its table {@code effect} for jobs to
 * leave their name in.
 */
final class Queue implements AutoCloseable {

	private final TestDatabase database;

	private Session observer;

	Queue(TestDatabase database) {
		this.database = database;
	}

	/**
	 * Returns a command that leaves a name in the table of effects.
	 * @param job the name
	 * @return the command
	 */
	static String effect(String job) {
		return "INSERT INTO public.effect VALUES ('" + job + "')";
	}

	void install() throws SQLException {
		this.database.install("postgres");
		grantTo("app");
		try (Session app = app()) {
			app.run("CREATE TABLE public.effect (job text)");
		}
	}

	/**
	 * Empties all tables that are not as they were made: to truncate one takes a while.
	 */
	void clear() throws SQLException {
		run("""
				DO $$
				DECLARE
					used text;
				BEGIN
					SELECT string_agg(c.oid::regclass::text, ', ')
					  INTO used
					  FROM pg_class AS c
					 WHERE (c.relnamespace = 'pgdispatch'::regnamespace AND c.relname IN ('job', 'handler_job', 'node',
								'dead_letter', 'managed_job', 'job_key', 'queue', 'pause', 'schedule', 'breaker',
								'fair_turn', 'fair_rate', 'result', 'step', 'batch', 'batch_part')
							OR c.oid = 'public.effect'::regclass)
					   AND c.relkind = 'r'
					   AND pg_relation_size(c.oid) > 0;
					IF used IS NOT NULL THEN
						EXECUTE 'TRUNCATE ' || used;
					END IF;
				END
				$$""");
	}

	/**
	 * Waits until nobody has an advisory lock: the sessions of the last test keep theirs
	 * for a moment after they were closed.
	 */
	void awaitEndOfSessions() {
		awaitTrue("count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'"
				+ " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
	}

	Session session(String role) throws SQLException {
		return new Session(this.database, role);
	}

	Session app() throws SQLException {
		return session("app");
	}

	Session admin() throws SQLException {
		return session("postgres");
	}

	/**
	 * Creates a role.
	 * @param options such as {@code LOGIN}
	 * @return its name, which needs no quoting
	 */
	String createRole(String options) throws SQLException {
		String role = "role_" + UUID.randomUUID().toString().replace("-", "");
		run("CREATE ROLE " + role + " " + options);
		return role;
	}

	void grantTo(String role) throws SQLException {
		run("CALL pgdispatch.grant_to('" + role + "')");
	}

	List<String> effects() throws SQLException {
		return values("SELECT job FROM public.effect ORDER BY ctid");
	}

	int jobs() throws SQLException {
		return Integer.parseInt(value("SELECT count(*) FROM pgdispatch.job"));
	}

	int deadLetters() throws SQLException {
		return Integer.parseInt(value("SELECT count(*) FROM pgdispatch.dead_letter"));
	}

	/**
	 * Does what only the superuser may.
	 * @param statements the statements
	 */
	void run(String... statements) throws SQLException {
		observer().run(statements);
	}

	/**
	 * Asks as the superuser, who sees everything.
	 * @param sql the query
	 * @return the first value
	 */
	String value(String sql) throws SQLException {
		return observer().value(sql);
	}

	List<String> values(String sql) throws SQLException {
		return observer().values(sql);
	}

	private Session observer() throws SQLException {
		if (this.observer == null) {
			this.observer = admin();
		}
		return this.observer;
	}

	/**
	 * Waits until the session waits for a lock.
	 * @param session the session
	 */
	void awaitBlocked(Session session) {
		awaitTrue(
				"EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid = " + session.pid() + ")");
	}

	/**
	 * Kills the session and waits until it is gone.
	 * @param session the session
	 */
	void kill(Session session) throws SQLException {
		run("SELECT pg_terminate_backend(" + session.pid() + ")");
		awaitTrue("NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = " + session.pid() + ")");
	}

	void awaitTrue(String condition) {
		await().pollDelay(Duration.ZERO)
			.pollInterval(Duration.ofMillis(10))
			.until(() -> value("SELECT " + condition).equals("t"));
	}

	@Override
	public void close() throws SQLException {
		if (this.observer != null) {
			this.observer.close();
		}
	}

}
