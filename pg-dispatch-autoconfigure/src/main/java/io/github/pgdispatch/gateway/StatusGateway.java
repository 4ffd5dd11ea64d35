package io.github.pgdispatch.gateway;

import java.util.List;
import java.util.stream.Collectors;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Counts and lists the jobs of the current role, in the transaction that is bound to the
 * current thread, if any. Thread-safe.
 */
public final class StatusGateway {

	private static final String STATUS = """
			SELECT s.kind, s.name, s.queue, s.state, s.count, s.is_exact, s.max_count,
			       (pg_catalog.date_part('epoch', s.oldest) OPERATOR(pg_catalog.*) 1000::double precision)::bigint AS oldest_millis
			  FROM (SELECT r.kind, r.name, r.queue, r.state, r.count, r.is_exact, r.max_count, r.oldest
			          FROM pgdispatch.status_of(pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole) AS r
			        UNION ALL
			        SELECT t.* FROM pgdispatch.table_health() AS t) AS s""";

	private static final String JOBS = """
			SELECT j.place::pg_catalog.text, j.id, pg_catalog.upper(j.kind) AS kind, j.name, j.queue, pg_catalog.upper(j.state) AS state, j.dispatched_at, j.due_at,
			       j.attempts, j.sqlstate, j.message, %s
			  FROM pgdispatch.jobs(?::pg_catalog.text, ?::pg_catalog.text, ?::pg_catalog.text, ?::pg_catalog.text, ?::pg_catalog.text::pg_catalog.timestamptz, ?, ?,
			                       ?::pg_catalog.text::bigint[]) AS j"""
		.formatted(Headers.of("j"));

	private static final String COUNT = """
			SELECT pg_catalog.count(*)
			  FROM pgdispatch.jobs(?::pg_catalog.text, ?::pg_catalog.text, ?::pg_catalog.text, ?::pg_catalog.text, ?::pg_catalog.text::pg_catalog.timestamptz, ?, ?,
			                       ?::pg_catalog.text::bigint[])""";

	private static final String CANCEL = """
			SELECT pgdispatch.cancel_jobs(?::pg_catalog.text, ?::pg_catalog.text, ?::pg_catalog.text, ?::pg_catalog.text, ?, ?::pg_catalog.text::bigint[])""";

	private static final String MOVE = """
			SELECT pgdispatch.move_jobs(?::pg_catalog.text, ?::pg_catalog.text, ?::pg_catalog.text, ?::pg_catalog.text, ?::pg_catalog.text, ?,
			                            ?::pg_catalog.text::bigint[])""";

	private static final String RUN_NOW = """
			SELECT pgdispatch.run_jobs_now(?::pg_catalog.text, ?::pg_catalog.text, ?::pg_catalog.text, ?, ?::pg_catalog.text::bigint[])""";

	private final JdbcOperations jdbc;

	/**
	 * Creates a gateway.
	 * @param dataSource of the database that has the schema
	 */
	public StatusGateway(DataSource dataSource) {
		this.jdbc = new JdbcTemplate(dataSource);
	}

	/**
	 * Counts what waits, runs and has failed.
	 * @return the rows of the current role, and those of no role
	 */
	public List<StatusRow> status() {
		return this.jdbc.query(STATUS, StatusRow::of);
	}

	/**
	 * Lists jobs.
	 * @param selection of the jobs
	 * @return the jobs, in the order of their places
	 */
	public List<ListedJobRow> jobs(JobSelection selection) {
		return this.jdbc.query(JOBS, ListedJobRow::of, selection.kind(), selection.name(), selection.queue(),
				selection.state(), selection.afterPlace(), selection.afterId(), selection.limit(), ids(selection));
	}

	/**
	 * Counts jobs.
	 * @param selection of the jobs
	 * @return their number, up to the limit of the selection
	 */
	public long count(JobSelection selection) {
		return number(COUNT, selection.kind(), selection.name(), selection.queue(), selection.state(),
				selection.afterPlace(), selection.afterId(), selection.limit(), ids(selection));
	}

	/**
	 * Cancels jobs that do not run, from the first one on.
	 * @param selection of the jobs
	 * @return the number of cancelled jobs
	 */
	public long cancel(JobSelection selection) {
		return number(CANCEL, selection.kind(), selection.name(), selection.queue(), selection.state(),
				selection.limit(), ids(selection));
	}

	/**
	 * Moves jobs that do not run to another queue, from the first one on.
	 * @param selection of the jobs
	 * @param queue the name of the queue; {@code null} for none
	 * @return the number of jobs that were moved
	 */
	public long move(JobSelection selection, @Nullable String queue) {
		return number(MOVE, queue, selection.kind(), selection.name(), selection.queue(), selection.state(),
				selection.limit(), ids(selection));
	}

	/**
	 * Makes snoozed jobs due, from the first one on.
	 * @param selection of the jobs; its state does not matter
	 * @return the number of jobs that are due because of this
	 */
	public long runNow(JobSelection selection) {
		return number(RUN_NOW, selection.kind(), selection.name(), selection.queue(), selection.limit(),
				ids(selection));
	}

	private long number(String sql, @Nullable Object... parameters) {
		Long number = this.jdbc.queryForObject(sql, Long.class, parameters);
		return (number != null) ? number : 0;
	}

	private static @Nullable String ids(JobSelection selection) {
		List<Long> ids = selection.ids();
		return (ids != null) ? ids.stream().map(String::valueOf).collect(Collectors.joining(",", "{", "}")) : null;
	}

}
