package io.github.pgdispatch.gateway;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Creates, closes, finds and cancels batches of the current role, in the transaction that
 * is bound to the current thread, if any. Thread-safe.
 */
public final class BatchGateway {

	private static final String CREATE = "SELECT pgdispatch.create_batch(?, ?::bigint, pg_catalog.make_interval(secs => ?))";

	private static final String CLOSE = "SELECT pgdispatch.close_batch(?)";

	private static final String CANCEL = "SELECT pgdispatch.cancel_batch(?)";

	private static final String COLUMNS = "b.id, b.name, pg_catalog.upper(b.state) AS state, b.pending, b.done, b.failed,"
			+ " b.cancelled, b.dispatched_at, b.ended_at, b.parent, b.then_id, b.on_failure_id";

	private static final String FIND = "SELECT " + COLUMNS + " FROM pgdispatch.find_batch(?) AS b";

	private static final String LIST = "SELECT " + COLUMNS + " FROM pgdispatch.batches(?::bigint, ?, ?) AS b";

	private final JdbcOperations jdbc;

	/**
	 * Creates a gateway.
	 * @param dataSource of the database that has the schema
	 */
	public BatchGateway(DataSource dataSource) {
		this.jdbc = new JdbcTemplate(dataSource);
	}

	/**
	 * Creates a batch, which is open.
	 * @param name of the batch
	 * @param parent the id of the batch that contains it; {@code null} for none
	 * @param keep time for which the batch can be found after it has ended
	 * @return the id of the batch
	 */
	public long create(String name, @Nullable Long parent, Duration keep) {
		return number(CREATE, name, parent, Durations.seconds(keep));
	}

	/**
	 * Closes a batch.
	 * @param id of the batch
	 */
	public void close(long id) {
		this.jdbc.query(CLOSE, (row) -> {
		}, id);
	}

	/**
	 * Cancels a batch with all its jobs.
	 * @param id of the batch
	 * @return the number of jobs that were cancelled
	 */
	public long cancel(long id) {
		return number(CANCEL, id);
	}

	/**
	 * Finds a batch.
	 * @param id of the batch
	 * @return the batch, or an empty result if it does not exist
	 */
	public Optional<BatchRow> find(long id) {
		return this.jdbc.query(FIND, BatchRow::of, id).stream().findFirst();
	}

	/**
	 * Lists batches.
	 * @param before the id of the last batch of the page before; {@code null} for the
	 * first page
	 * @param limit maximum number of batches
	 * @param unended whether batches that have ended are left out
	 * @return the batches, the newest first
	 */
	public List<BatchRow> list(@Nullable Long before, int limit, boolean unended) {
		return this.jdbc.query(LIST, BatchRow::of, before, limit, unended);
	}

	private long number(String sql, @Nullable Object... arguments) {
		return Objects.requireNonNull(this.jdbc.queryForObject(sql, Long.class, arguments));
	}

}
