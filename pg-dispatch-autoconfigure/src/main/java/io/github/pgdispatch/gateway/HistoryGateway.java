package io.github.pgdispatch.gateway;

import java.time.Duration;
import java.util.List;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Lists the jobs of the current role that have ended and the attempts of one, and says
 * how long they are kept, in the transaction that is bound to the current thread, if any.
 * Thread-safe.
 */
public final class HistoryGateway {

	private static final String KEEP = "SELECT pgdispatch.keep_history(pg_catalog.make_interval(secs => ?), ?::pg_catalog.text)";

	private static final String LIST = """
			SELECT h.ended_at::pg_catalog.text AS position, h.id, pg_catalog.upper(h.kind) AS kind, h.name, h.queue, pg_catalog.upper(h.outcome) AS outcome, h.dispatched_at,
			       h.due_at, h.started_at, h.ended_at, h.attempts, h.node, h.sqlstate, h.message
			  FROM pgdispatch.history(?::pg_catalog.text, ?::pg_catalog.text, ?::pg_catalog.text, ?::pg_catalog.text, ?::pg_catalog.text::pg_catalog.timestamptz, ?, ?) AS h""";

	private static final String ATTEMPTS = """
			SELECT a.attempt, pg_catalog.upper(a.outcome) AS outcome, a.started_at, a.ended_at, a.node, a.sqlstate, a.message
			  FROM pgdispatch.attempts(?) AS a""";

	private final JdbcOperations jdbc;

	/**
	 * Creates a gateway.
	 * @param dataSource of the database that has the schema
	 */
	public HistoryGateway(DataSource dataSource) {
		this.jdbc = new JdbcTemplate(dataSource);
	}

	/**
	 * Says how long ended jobs are kept.
	 * @param queue the name of the queue; {@code null} for all jobs of the role
	 * @param retention the time for which they are kept at least; zero to keep none
	 */
	public void keep(@Nullable String queue, Duration retention) {
		this.jdbc.query(KEEP, (row) -> {
		}, Durations.seconds(retention), queue);
	}

	/**
	 * Lists jobs that have ended.
	 * @param selection of the jobs
	 * @return the jobs, the last one first
	 */
	public List<EndedJobRow> list(HistorySelection selection) {
		return this.jdbc.query(LIST, EndedJobRow::of, selection.kind(), selection.name(), selection.queue(),
				selection.outcome(), selection.before(), selection.beforeId(), selection.limit());
	}

	/**
	 * Lists the attempts of a job that have ended.
	 * @param id of the job
	 * @return the attempts, the first one first
	 */
	public List<AttemptRow> attempts(long id) {
		return this.jdbc.query(ATTEMPTS, AttemptRow::of, id);
	}

}
