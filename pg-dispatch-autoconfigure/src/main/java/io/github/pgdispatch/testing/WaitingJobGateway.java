package io.github.pgdispatch.testing;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.TickGateway;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Reads and changes the jobs of both kinds that wait, as the current transaction sees
 * them. Only the jobs of the current role are concerned. The statements say so
 * themselves, because row security does not apply to the owner of the tables.
 */
final class WaitingJobGateway {

	private static final String TICK = "'" + TickGateway.HANDLER + "'";

	/**
	 * Ticks of schedules are left out: a test runs a schedule when it wants to. A held
	 * job is due at the time at which it would be due if nothing held it.
	 */
	private static final String JOBS = """
			SELECT j.id, j.command, NULL AS handler, NULL AS arguments, j.dispatched_at, coalesce(m.due_at, j.due_at) AS due_at, j.due_at AS place
			  FROM pgdispatch.job AS j
			  LEFT JOIN pgdispatch.managed_job AS m ON m.role::oid = j.role::oid AND m.id = j.id
			 WHERE j.role::oid = quote_ident(CURRENT_USER)::regrole::oid AND j.label IS DISTINCT FROM %1$s
			 UNION ALL
			SELECT j.id, NULL, j.handler, j.arguments::text, j.dispatched_at, coalesce(m.due_at, j.due_at), j.due_at
			  FROM pgdispatch.handler_job AS j
			  LEFT JOIN pgdispatch.managed_job AS m ON m.role::oid = j.role::oid AND m.id = j.id
			 WHERE j.role::oid = quote_ident(CURRENT_USER)::regrole::oid AND j.handler <> %1$s
			"""
		.formatted(TICK);

	private static final String WAITING = JOBS + " ORDER BY due_at, id";

	private static final String OLDEST_DUE = "SELECT * FROM (" + JOBS
			+ ") AS j WHERE place <= clock_timestamp() ORDER BY place, id LIMIT 1";

	private static final String ADVANCE = """
			UPDATE %s
			   SET dispatched_at = dispatched_at - make_interval(secs => ?), due_at = due_at - make_interval(secs => ?)
			 WHERE role::oid = quote_ident(CURRENT_USER)::regrole::oid AND %s IS DISTINCT FROM %s""";

	private static final String NO_TICK = " AND id NOT IN (SELECT tick FROM pgdispatch.schedule WHERE tick IS NOT NULL)";

	private static final String ADVANCE_MANAGED = """
			UPDATE pgdispatch.managed_job
			   SET due_at = due_at - older, place = place - older, rank = rank - older, slot_at = slot_at - older
			  FROM make_interval(secs => ?) AS older
			 WHERE role::oid = quote_ident(CURRENT_USER)::regrole::oid""" + NO_TICK;

	private static final String CLEAR = "DELETE FROM %s WHERE role::oid = quote_ident(CURRENT_USER)::regrole::oid";

	private static final String RUN_SCHEDULE = "SELECT pgdispatch.run_schedule(?)";

	private static final String COMMANDS = "pgdispatch.job";

	private static final String HANDLER_CALLS = "pgdispatch.handler_job";

	private static final List<String> TABLES = List.of("pgdispatch.managed_job", "pgdispatch.job_key", COMMANDS,
			HANDLER_CALLS, "pgdispatch.dead_letter", "pgdispatch.result");

	private static final List<String> TABLES_WITHOUT_TICKS = List.of("pgdispatch.step", "pgdispatch.batch",
			"pgdispatch.batch_part");

	private final JdbcOperations jdbc;

	WaitingJobGateway(DataSource dataSource) {
		this.jdbc = new JdbcTemplate(dataSource);
	}

	/**
	 * Returns all jobs that wait, in the order in which they become due.
	 */
	List<DispatchedJob> waiting() {
		return this.jdbc.query(WAITING, WaitingJobGateway::job);
	}

	/**
	 * Returns the job that has been due for the longest time, if a job is due.
	 */
	Optional<DispatchedJob> oldestDue() {
		return this.jdbc.query(OLDEST_DUE, WaitingJobGateway::job).stream().findFirst();
	}

	private static DispatchedJob job(ResultSet row, int number) throws SQLException {
		return new DispatchedJob(row.getLong("id"), row.getString("command"), row.getString("handler"),
				row.getString("arguments"), instant(row, "dispatched_at"), instant(row, "due_at"));
	}

	private static Instant instant(ResultSet row, String column) throws SQLException {
		return row.getObject(column, OffsetDateTime.class).toInstant();
	}

	/**
	 * Moves the times of all jobs back, so that they become due earlier.
	 */
	void advanceTime(Duration duration) {
		double seconds = duration.toMillis() / 1000.0;
		Map.of(COMMANDS, "label", HANDLER_CALLS, "handler")
			.forEach((table, name) -> this.jdbc.update(ADVANCE.formatted(table, name, TICK), seconds, seconds));
		this.jdbc.update(ADVANCE_MANAGED, seconds);
	}

	/**
	 * Dispatches a job of a schedule. Returns whether it did.
	 */
	boolean runSchedule(String schedule) {
		return this.jdbc.queryForObject(RUN_SCHEDULE, Long.class, schedule) != null;
	}

	/**
	 * Deletes all jobs, batches, dead letters and results.
	 */
	void clear() {
		TABLES.forEach((table) -> this.jdbc.update(CLEAR.formatted(table) + NO_TICK));
		TABLES_WITHOUT_TICKS.forEach((table) -> this.jdbc.update(CLEAR.formatted(table)));
	}

}
