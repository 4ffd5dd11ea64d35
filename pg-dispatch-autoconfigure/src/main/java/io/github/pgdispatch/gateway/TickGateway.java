package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Reads schedules with a cron expression, and dispatches their jobs and their next ticks,
 * in transactions of its own. Thread-safe.
 */
public final class TickGateway {

	/**
	 * The name of the handler of ticks.
	 */
	public static final String HANDLER = "pgdispatch.schedule";

	private static final String FIND = """
			SELECT s.cron, s.zone, s.next_at, pg_catalog.clock_timestamp() AS moment, s.missed OPERATOR(pg_catalog.=) 'all' AS all_missed
			  FROM pgdispatch.schedule AS s
			 WHERE s.role OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole
			   AND s.name OPERATOR(pg_catalog.=) ?
			   AND s.tick OPERATOR(pg_catalog.=) ?
			   AND NOT s.paused""";

	private static final String ADVANCE = """
			SELECT pgdispatch.advance_schedule(?, ?, ?::pg_catalog.text[]::pg_catalog.timestamptz[], ?, ?::pg_catalog.timestamptz)""";

	private final JdbcOperations jdbc;

	private final TransactionTemplate transaction;

	/**
	 * Creates a gateway.
	 * @param dataSource of the database that has the schema
	 */
	public TickGateway(DataSource dataSource) {
		this.jdbc = new JdbcTemplate(dataSource);
		this.transaction = new TransactionTemplate(new JdbcTransactionManager(dataSource));
		this.transaction.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
		this.transaction.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
	}

	/**
	 * Finds the schedule of a tick.
	 * @param schedule the name of the schedule
	 * @param tick the id of the tick
	 * @return the schedule, or nothing if the tick does not count any more
	 */
	public Optional<CronSchedule> find(String schedule, long tick) {
		return Objects.requireNonNull(this.transaction
			.execute((status) -> this.jdbc.query(FIND, CronSchedule::of, schedule, tick).stream().findFirst()));
	}

	/**
	 * Dispatches the jobs of due times and the next tick, if this tick still counts.
	 * @param schedule the name of the schedule
	 * @param tick the id of the tick
	 * @param dueTimes the due times that may get a job
	 * @param count number of all due times that have passed
	 * @param next the due time that follows; {@code null} if there is none
	 */
	public void advance(String schedule, long tick, List<Instant> dueTimes, long count, @Nullable Instant next) {
		String[] texts = dueTimes.stream().map(Instant::toString).toArray(String[]::new);
		this.transaction.executeWithoutResult((status) -> this.jdbc.query(ADVANCE, (row) -> {
		}, schedule, tick, texts, count, Instants.argument(next)));
	}

	/**
	 * A schedule with a cron expression.
	 *
	 * @param cron the expression
	 * @param zone its time zone
	 * @param nextAt the next due time; {@code null} if it has to be computed
	 * @param moment the time of the clock of the database
	 * @param all whether each missed due time has its job
	 */
	public record CronSchedule(String cron, String zone, @Nullable Instant nextAt, Instant moment, boolean all) {

		static CronSchedule of(ResultSet row, int number) throws SQLException {
			return new CronSchedule(row.getString("cron"), row.getString("zone"),
					Instants.readIfPresent(row, "next_at"), Instants.read(row, "moment"), row.getBoolean("all_missed"));
		}

	}

}
