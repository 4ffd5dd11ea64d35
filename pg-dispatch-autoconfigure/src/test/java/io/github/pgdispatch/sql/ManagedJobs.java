package io.github.pgdispatch.sql;

import java.sql.SQLException;
import java.util.List;

import io.github.pgdispatch.test.Session;
import org.jspecify.annotations.Nullable;

/**
 * Jobs of which more is asked than to be run, and what becomes of them, as a session of
 * their role sees it.
 */
final class ManagedJobs {

	private final Session session;

	ManagedJobs(Session session) {
		this.session = session;
	}

	/**
	 * Returns a command that fails so many times, and then leaves its name in the table
	 * of effects.
	 * @param times how often it fails
	 * @param sqlState the error
	 * @return the command
	 */
	String failing(int times, String sqlState) throws SQLException {
		this.session.run("DROP SEQUENCE IF EXISTS public.attempt", "CREATE SEQUENCE public.attempt");
		return Queue.effect("failing") + "; DO $do$ BEGIN IF nextval('public.attempt') <= " + times
				+ " THEN RAISE 'once more' USING ERRCODE = '" + sqlState + "'; END IF; END $do$";
	}

	/**
	 * Returns how often a failing command was run.
	 */
	int runs() throws SQLException {
		return Integer
			.parseInt(this.session.value("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM public.attempt"));
	}

	long dispatch(String command, String... options) throws SQLException {
		String more = (options.length > 0) ? ", " + String.join(", ", options) : "";
		return Long.parseLong(this.session.value("SELECT pgdispatch.dispatch($job$" + command + "$job$" + more + ")"));
	}

	@Nullable String state(long id) throws SQLException {
		return find(id, "state");
	}

	@Nullable String find(long id, String columns) throws SQLException {
		return this.session.value("SELECT concat_ws('|', " + columns + ") FROM pgdispatch.find(" + id + ")");
	}

	@Nullable String result(long id) throws SQLException {
		return result(id, "state, value, row_count, sqlstate, message");
	}

	@Nullable String result(long id, String columns) throws SQLException {
		return this.session.value("SELECT concat_ws('|', " + columns + ") FROM pgdispatch.result(" + id + ")");
	}

	@Nullable String cancel(long id) throws SQLException {
		return this.session.value("SELECT pgdispatch.cancel(" + id + ")");
	}

	boolean retry(long id) throws SQLException {
		return "t".equals(this.session.value("SELECT pgdispatch.retry(" + id + ")"));
	}

	List<String> deadLetters(String columns) throws SQLException {
		return this.session
			.values("SELECT concat_ws('|', " + columns + ") FROM pgdispatch.dead_letter ORDER BY failed_at");
	}

	/**
	 * Returns what there is of jobs that have not ended, and of their keys.
	 * @return nothing, if nothing is left of what has run
	 */
	List<String> leftovers() throws SQLException {
		return this.session.values("""
				SELECT j::text FROM pgdispatch.job AS j
				UNION ALL
				SELECT h::text FROM pgdispatch.handler_job AS h
				UNION ALL
				SELECT m::text FROM pgdispatch.managed_job AS m
				UNION ALL
				SELECT k::text FROM pgdispatch.job_key AS k""");
	}

}
