package io.github.pgdispatch.gateway;

import java.util.List;
import java.util.Optional;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Finds, cancels and retries single jobs of either kind, in the transaction that is bound
 * to the current thread, if any. Thread-safe.
 */
public final class JobControlGateway {

	private static final String FIND = """
			SELECT f.id, pg_catalog.upper(f.state) AS state, f.command, f.handler, f.arguments::pg_catalog.text, f.dispatched_at, f.due_at,
			       f.attempts, f.finished_at, f.label, f.queue, f.sqlstate, f.message, %s
			  FROM pgdispatch.find(?) AS f"""
		.formatted(Headers.of("f"));

	private static final String CANCEL = "SELECT pg_catalog.upper(pgdispatch.cancel(?))";

	private static final String RETRY = "SELECT pgdispatch.retry(?)";

	private static final String RUN_NOW = "SELECT pgdispatch.run_now(?)";

	private static final String STEPS = "SELECT s.name, s.result::pg_catalog.text AS result, s.ended_at FROM pgdispatch.steps(?) AS s";

	private final JdbcOperations jdbc;

	/**
	 * Creates a gateway.
	 * @param dataSource of the database that has the schema
	 */
	public JobControlGateway(DataSource dataSource) {
		this.jdbc = new JdbcTemplate(dataSource);
	}

	/**
	 * Finds a job.
	 * @param id of the job
	 * @return the job, or an empty result if it does not exist
	 */
	public Optional<JobRow> find(long id) {
		return this.jdbc.query(FIND, JobRow::of, id).stream().findFirst();
	}

	/**
	 * Lists the steps of a job that are done.
	 * @param id of the job
	 * @return the steps, the first one first
	 */
	public List<StepRow> steps(long id) {
		return this.jdbc.query(STEPS, StepRow::of, id);
	}

	/**
	 * Cancels a job.
	 * @param id of the job
	 * @return the effect of the cancellation, as the database names it, in upper case;
	 * {@code null} if the job does not exist
	 */
	public @Nullable String cancel(long id) {
		return this.jdbc.queryForObject(CANCEL, String.class, id);
	}

	/**
	 * Makes a snoozed job due.
	 * @param id of the job
	 * @return whether there was such a job
	 */
	public boolean runNow(long id) {
		return Boolean.TRUE.equals(this.jdbc.queryForObject(RUN_NOW, Boolean.class, id));
	}

	/**
	 * Dispatches a dead letter again.
	 * @param id of the job, which it keeps
	 * @return whether there was such a dead letter
	 */
	public boolean retry(long id) {
		return Boolean.TRUE.equals(this.jdbc.queryForObject(RETRY, Boolean.class, id));
	}

}
