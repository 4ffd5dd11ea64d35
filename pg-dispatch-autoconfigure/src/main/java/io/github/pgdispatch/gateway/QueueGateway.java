package io.github.pgdispatch.gateway;

import java.time.Duration;
import java.util.List;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Pauses jobs and sets the limits of queues, in the transaction that is bound to the
 * current thread, if any. Thread-safe.
 */
public final class QueueGateway {

	private static final String PAUSE = "SELECT pgdispatch.pause(handler => ?::pg_catalog.text, queue => ?::pg_catalog.text)";

	private static final String RESUME = "SELECT pgdispatch.resume(handler => ?::pg_catalog.text, queue => ?::pg_catalog.text)";

	private static final String SET_QUEUE = """
			SELECT pgdispatch.set_queue(?, concurrency => ?::integer, rate => ?::integer, per => pg_catalog.make_interval(secs => ?),
			                            per_key => ?::integer, rate_per_key => ?::integer, break_after => ?::integer, break_for => pg_catalog.make_interval(secs => ?))""";

	private static final String DROP_QUEUE = "SELECT pgdispatch.drop_queue(?)";

	private static final String IS_PAUSED = """
			SELECT EXISTS (SELECT FROM pgdispatch.pause AS p
			                WHERE p.role OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole
			                  AND p.handler OPERATOR(pg_catalog.=) ?::pg_catalog.text AND NOT p.by_breaker)""";

	private static final String QUEUES = """
			SELECT q.name, q.paused, q.concurrency, q.rate, (pg_catalog.date_part('epoch', q.per) OPERATOR(pg_catalog.*) 1000000::double precision)::bigint AS per_micros,
			       q.per_key, q.rate_per_key, q.break_after, (pg_catalog.date_part('epoch', q.break_for) OPERATOR(pg_catalog.*) 1000000::double precision)::bigint AS break_for_micros
			  FROM pgdispatch.queue AS q
			 WHERE q.role OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole
			 ORDER BY q.name""";

	private final JdbcOperations jdbc;

	/**
	 * Creates a gateway.
	 * @param dataSource of the database that has the schema
	 */
	public QueueGateway(DataSource dataSource) {
		this.jdbc = new JdbcTemplate(dataSource);
	}

	/**
	 * Pauses jobs, which are not begun until they are resumed. If neither a handler nor a
	 * queue is given, all jobs are paused.
	 * @param handler the name of the handler whose jobs are paused
	 * @param queue the name of the queue whose jobs are paused
	 */
	public void pause(@Nullable String handler, @Nullable String queue) {
		this.jdbc.query(PAUSE, (row) -> {
		}, handler, queue);
	}

	/**
	 * Resumes paused jobs. If neither a handler nor a queue is given, all jobs are
	 * resumed.
	 * @param handler the name of the handler whose jobs are resumed
	 * @param queue the name of the queue whose jobs are resumed
	 */
	public void resume(@Nullable String handler, @Nullable String queue) {
		this.jdbc.query(RESUME, (row) -> {
		}, handler, queue);
	}

	/**
	 * Returns whether a handler is paused.
	 * @param handler the name of the handler, which is empty for everything
	 * @return whether it is paused by itself
	 */
	public boolean isPaused(String handler) {
		return Boolean.TRUE.equals(this.jdbc.queryForObject(IS_PAUSED, Boolean.class, handler));
	}

	/**
	 * Lists the queues.
	 * @return the queues, in the order of their names
	 */
	public List<QueueRow> queues() {
		return this.jdbc.query(QUEUES, QueueRow::of);
	}

	/**
	 * Creates a queue or replaces its limits.
	 * @param name of the queue
	 * @param concurrency maximum number of jobs at once; {@code null} for no limit
	 * @param rate maximum number of jobs that are begun in a period; {@code null} for no
	 * limit
	 * @param per the length of the period
	 * @param perKey maximum number of jobs of a fair key at once; {@code null} if fair
	 * keys do not take turns
	 * @param ratePerKey maximum number of jobs of a fair key that are begun in a period;
	 * {@code null} for no limit
	 * @param breakAfter number of failed attempts in a row after which its circuit
	 * breaker trips; {@code null} for no breaker
	 * @param breakFor time for which the breaker then waits at first
	 */
	public void setQueue(String name, @Nullable Integer concurrency, @Nullable Integer rate, Duration per,
			@Nullable Integer perKey, @Nullable Integer ratePerKey, @Nullable Integer breakAfter, Duration breakFor) {
		this.jdbc.query(SET_QUEUE, (row) -> {
		}, name, concurrency, rate, Durations.seconds(per), perKey, ratePerKey, breakAfter,
				Durations.seconds(breakFor));
	}

	/**
	 * Removes a queue.
	 * @param name of the queue
	 * @return whether the queue existed
	 */
	public boolean dropQueue(String name) {
		return Boolean.TRUE.equals(this.jdbc.queryForObject(DROP_QUEUE, Boolean.class, name));
	}

}
