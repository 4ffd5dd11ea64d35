package io.github.pgdispatch.gateway;

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
			SELECT id, pg_catalog.upper(state) AS state, command, handler, arguments::pg_catalog.text, dispatched_at, due_at, attempts, finished_at
			  FROM pgdispatch.find(?)""";

	private static final String CANCEL = "SELECT pg_catalog.upper(pgdispatch.cancel(?))";

	private static final String RETRY = "SELECT pgdispatch.retry(?)";

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
	 * Cancels a job.
	 * @param id of the job
	 * @return the effect of the cancellation, as the database names it, in upper case;
	 * {@code null} if the job does not exist
	 */
	public @Nullable String cancel(long id) {
		return this.jdbc.queryForObject(CANCEL, String.class, id);
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
