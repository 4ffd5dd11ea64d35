package io.github.pgdispatch.gateway;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Makes, changes and lists the schedules of the current role, in the transaction that is
 * bound to the current thread, if any. Thread-safe.
 */
public final class ScheduleGateway {

	private static final String PUT = """
			SELECT pg_catalog.upper(pg_catalog.replace(pgdispatch.put_schedule(?::pg_catalog.text, pg_catalog.make_interval(secs => ?::double precision),
			       ?::pg_catalog.text, ?::pg_catalog.text, ?::pg_catalog.timestamptz, ?::pg_catalog.text, ?::pg_catalog.text, ?::pg_catalog.text::pg_catalog.json,
			       pg_catalog.jsonb_build_object(%s), pg_catalog.lower(?::pg_catalog.text), ?, ?), ' ', '_'))""";

	private static final String LIST = """
			SELECT s.name, pg_catalog.upper(s.state) AS state,
			       (pg_catalog.date_part('epoch', s.every) OPERATOR(pg_catalog.*) 1000000::double precision)::bigint AS every_micros, s.cron, s.zone, s.next_at,
			       s.last_at, s.last_job, s.running, s.runs, s.skipped, pg_catalog.upper(s.skip_reason) AS skip_reason, pg_catalog.upper(s.missed) AS missed,
			       s.overlap, s.handler, s.command, s.declared, s.message
			  FROM pgdispatch.schedules() AS s""";

	private static final String PAUSE = "SELECT pgdispatch.pause_schedule(?)";

	private static final String RESUME = "SELECT pgdispatch.resume_schedule(?)";

	private static final String RUN = "SELECT pgdispatch.run_schedule(?)";

	private static final String REMOVE = "SELECT pgdispatch.unschedule(?)";

	private final JdbcOperations jdbc;

	/**
	 * Creates a gateway.
	 * @param dataSource of the database that has the schema
	 */
	public ScheduleGateway(DataSource dataSource) {
		this.jdbc = new JdbcTemplate(dataSource);
	}

	/**
	 * Creates or changes a schedule.
	 * @param definition what it is to be
	 * @param declared whether a deployment says so
	 * @return the name of what has become of it, in upper case
	 */
	public String put(Definition definition, boolean declared) {
		Duration every = definition.every();
		List<@Nullable Object> arguments = new ArrayList<>(
				Arrays.asList(definition.name(), (every != null) ? Durations.seconds(every) : null, definition.cron(),
						definition.zone(), Instants.argument(definition.startsAt()), definition.command(),
						definition.handler(), definition.arguments()));
		arguments.addAll(definition.options().arguments());
		arguments.addAll(List.of(definition.missed(), definition.overlap(), declared));
		String answer = this.jdbc.queryForObject(PUT.formatted(definition.options().json()), String.class,
				arguments.toArray());
		return (answer != null) ? answer : "";
	}

	/**
	 * Lists the schedules.
	 * @return the schedules, in the order of their names
	 */
	public List<ScheduleRow> list() {
		return this.jdbc.query(LIST, ScheduleRow::of);
	}

	/**
	 * Pauses a schedule.
	 * @param name of the schedule
	 * @return whether it was not paused before
	 */
	public boolean pause(String name) {
		return is(PAUSE, name);
	}

	/**
	 * Ends the pause of a schedule.
	 * @param name of the schedule
	 * @return whether it was paused before
	 */
	public boolean resume(String name) {
		return is(RESUME, name);
	}

	/**
	 * Dispatches a job of a schedule.
	 * @param name of the schedule
	 * @return the id of the job; zero if its last job waits or runs
	 */
	public long run(String name) {
		Long id = this.jdbc.queryForObject(RUN, Long.class, name);
		return (id != null) ? id : 0;
	}

	/**
	 * Removes a schedule.
	 * @param name of the schedule
	 * @return whether there was one
	 */
	public boolean remove(String name) {
		return is(REMOVE, name);
	}

	private boolean is(String sql, String name) {
		return Boolean.TRUE.equals(this.jdbc.queryForObject(sql, Boolean.class, name));
	}

	/**
	 * What a schedule is to be.
	 *
	 * @param name of the schedule
	 * @param every the interval; {@code null} if it has a cron expression
	 * @param cron the cron expression; {@code null} if it has an interval
	 * @param zone the time zone of the cron expression
	 * @param startsAt the first due time; {@code null} if it is not given
	 * @param command of the jobs; {@code null} if they call a handler
	 * @param handler of the jobs; {@code null} if they run a command
	 * @param arguments of the handler, as a JSON object
	 * @param options of the jobs
	 * @param missed what happens to missed due times
	 * @param overlap whether jobs may overlap
	 */
	public record Definition(String name, @Nullable Duration every, @Nullable String cron, @Nullable String zone,
			@Nullable Instant startsAt, @Nullable String command, @Nullable String handler, @Nullable String arguments,
			DispatchOptions options, String missed, boolean overlap) {

	}

}
