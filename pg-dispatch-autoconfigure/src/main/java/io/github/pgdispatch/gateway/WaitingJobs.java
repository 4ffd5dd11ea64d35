package io.github.pgdispatch.gateway;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

import javax.sql.DataSource;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * The jobs of both kinds that wait, as the transaction sees them that is bound to the
 * current thread. Only those of the current role, whose own the tables may be: then row
 * security does not apply to it.
 */
public final class WaitingJobs {

	/**
	 * Those that are held are due at the time that they would be, if nothing held them.
	 */
	private static final String JOBS = """
			SELECT j.id, j.command, NULL AS handler, NULL AS arguments, j.dispatched_at, coalesce(m.due_at, j.due_at) AS due_at, j.due_at AS place
			  FROM pgdispatch.job AS j
			  LEFT JOIN pgdispatch.managed_job AS m ON m.role::oid = j.role::oid AND m.id = j.id
			 WHERE j.role::oid = quote_ident(CURRENT_USER)::regrole::oid
			 UNION ALL
			SELECT j.id, NULL, j.handler, j.arguments::text, j.dispatched_at, coalesce(m.due_at, j.due_at), j.due_at
			  FROM pgdispatch.handler_job AS j
			  LEFT JOIN pgdispatch.managed_job AS m ON m.role::oid = j.role::oid AND m.id = j.id
			 WHERE j.role::oid = quote_ident(CURRENT_USER)::regrole::oid
			""";

	private static final String WAITING = JOBS + " ORDER BY due_at, id";

	private static final String OLDEST_DUE = "SELECT * FROM (" + JOBS
			+ ") AS j WHERE place <= clock_timestamp() ORDER BY place, id LIMIT 1";

	private static final String MAKE_OLDER = """
			UPDATE %s
			   SET dispatched_at = dispatched_at - make_interval(secs => ?), due_at = due_at - make_interval(secs => ?)
			 WHERE role::oid = quote_ident(CURRENT_USER)::regrole::oid""";

	private static final String MAKE_MANAGED_OLDER = """
			UPDATE pgdispatch.managed_job
			   SET due_at = due_at - older, place = place - older, rank = rank - older, slot_at = slot_at - older
			  FROM make_interval(secs => ?) AS older
			 WHERE role::oid = quote_ident(CURRENT_USER)::regrole::oid""";

	private static final String CLEAR = "DELETE FROM %s WHERE role::oid = quote_ident(CURRENT_USER)::regrole::oid";

	private static final String COMMANDS = "pgdispatch.job";

	private static final String CALLS = "pgdispatch.handler_job";

	private static final List<String> TABLES = List.of("pgdispatch.managed_job", "pgdispatch.job_key", COMMANDS, CALLS,
			"pgdispatch.dead_letter", "pgdispatch.result");

	private final JdbcOperations jdbc;

	/**
	 * Creates a gateway.
	 * @param dataSource of the database that has the schema
	 */
	public WaitingJobs(DataSource dataSource) {
		this.jdbc = new JdbcTemplate(dataSource);
	}

	/**
	 * Returns all jobs that wait, due or not.
	 * @return the jobs, those that are due first before the others
	 */
	public List<WaitingJob> waiting() {
		return this.jdbc.query(WAITING, WaitingJob::of);
	}

	/**
	 * Returns the job that has been due for the longest time.
	 * @return the job, if any is due
	 */
	public Optional<WaitingJob> oldestDue() {
		return this.jdbc.query(OLDEST_DUE, WaitingJob::of).stream().findFirst();
	}

	/**
	 * Makes all jobs older than they are.
	 * @param duration by which
	 */
	public void makeOlder(Duration duration) {
		double seconds = duration.toMillis() / 1000.0;
		List.of(COMMANDS, CALLS).forEach((table) -> this.jdbc.update(MAKE_OLDER.formatted(table), seconds, seconds));
		this.jdbc.update(MAKE_MANAGED_OLDER, seconds);
	}

	/**
	 * Deletes all jobs, and what is kept of others.
	 */
	public void clear() {
		TABLES.forEach((table) -> this.jdbc.update(CLEAR.formatted(table)));
	}

}
