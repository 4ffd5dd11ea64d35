package io.github.pgdispatch.gateway;

import java.time.Duration;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Limits how many jobs are run, through the transaction that is bound to the current
 * thread, if any.
 */
public final class QueueGateway {

	private static final String PAUSE = "SELECT pgdispatch.pause(handler => ?::text, queue => ?::text)";

	private static final String RESUME = "SELECT pgdispatch.resume(handler => ?::text, queue => ?::text)";

	private static final String SET_QUEUE = """
			SELECT pgdispatch.set_queue(?, concurrency => ?::integer, rate => ?::integer, per => make_interval(secs => ?))""";

	private static final String DROP_QUEUE = "SELECT pgdispatch.drop_queue(?)";

	private final JdbcOperations jdbc;

	/**
	 * Creates a gateway.
	 * @param dataSource of the database that has the schema
	 */
	public QueueGateway(DataSource dataSource) {
		this.jdbc = new JdbcTemplate(dataSource);
	}

	/**
	 * Has jobs not be begun any more: all jobs if neither is given.
	 * @param handler whose jobs
	 * @param queue whose jobs
	 */
	public void pause(@Nullable String handler, @Nullable String queue) {
		this.jdbc.query(PAUSE, (row) -> {
		}, handler, queue);
	}

	/**
	 * Has jobs be begun again: all jobs if neither is given.
	 * @param handler whose jobs
	 * @param queue whose jobs
	 */
	public void resume(@Nullable String handler, @Nullable String queue) {
		this.jdbc.query(RESUME, (row) -> {
		}, handler, queue);
	}

	/**
	 * Makes a queue, or sets its limits anew.
	 * @param name of the queue
	 * @param concurrency how many of its jobs run at once; {@code null} for any number
	 * @param rate how many are begun in a period; {@code null} for any number
	 * @param per the period
	 */
	public void setQueue(String name, @Nullable Integer concurrency, @Nullable Integer rate, Duration per) {
		this.jdbc.query(SET_QUEUE, (row) -> {
		}, name, concurrency, rate, per.getSeconds() + per.getNano() / 1e9);
	}

	/**
	 * Removes a queue.
	 * @param name of the queue
	 * @return whether there was one
	 */
	public boolean dropQueue(String name) {
		return Boolean.TRUE.equals(this.jdbc.queryForObject(DROP_QUEUE, Boolean.class, name));
	}

}
