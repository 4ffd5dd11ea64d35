package io.github.pgdispatch.observability;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The meters of pg-dispatch: what this node does, and what the whole queue has, which
 * each node reports alike. A tag is never missing: its value is {@code none} where there
 * is none.
 */
public enum PgDispatchMeter {

	/**
	 * Timer: time from when a job of a handler was due until it began on this node.
	 */
	JOB_DELAY("pgdispatch.job.delay", "Time from when a job of a handler was due until it began", null, "handler",
			"queue", "outcome"),

	/**
	 * Timer: time that the method of a job ran on this node.
	 */
	JOB_DURATION("pgdispatch.job.duration", "Time that the method of a job ran", null, "handler", "queue", "outcome"),

	/**
	 * Counter: failed attempts of methods at this node. The error is the class of the
	 * SQLSTATE, such as {@code 23}, or the simple name of the class of the exception.
	 */
	JOB_FAILURES("pgdispatch.job.failures", "Failed attempts of methods", "attempts", "handler", "error"),

	/**
	 * Counter: attempts of SQL jobs that workers of this node have run.
	 */
	SQL_JOBS("pgdispatch.sql.jobs", "Attempts of SQL jobs", "jobs", "outcome"),

	/**
	 * Timer: duration of the calls of workers of this node that ran SQL jobs.
	 */
	SQL_CHUNK("pgdispatch.sql.chunk", "Duration of calls that ran SQL jobs", null),

	/**
	 * Counter: failed attempts of SQL jobs that this node saw, by the class of their
	 * SQLSTATE.
	 */
	SQL_FAILURES("pgdispatch.sql.failures", "Failed attempts of SQL jobs", "attempts", "error"),

	/**
	 * Counter: times that a driver of this node was woken because jobs were due.
	 */
	WAKE_UPS("pgdispatch.wakeups", "Times that a driver was woken", "times", "kind", "source"),

	/**
	 * Gauge: busy workers of this node.
	 */
	ACTIVE_WORKERS("pgdispatch.active.workers", "Busy workers", "workers", "kind"),

	/**
	 * Gauge: maximum number of workers of this node.
	 */
	MAX_WORKERS("pgdispatch.max.workers", "Maximum number of workers", "workers", "kind"),

	/**
	 * Gauge: 1 if this node begins jobs; 0 if its workers are stopped, drained, dead or
	 * without the database.
	 */
	READY("pgdispatch.ready", "Whether this node begins jobs", null, "kind"),

	/**
	 * Gauge: 1 if the database notifies this node of dispatches from elsewhere, or else
	 * 0.
	 */
	LISTENING("pgdispatch.listening", "Whether the database notifies this node", null, "kind"),

	/**
	 * Gauge of the whole queue: jobs that wait or run, at most 2,000 of each.
	 */
	JOBS("pgdispatch.jobs", "Jobs that wait or run", "jobs", "kind", "name", "queue", "state"),

	/**
	 * Gauge of the whole queue: age of the oldest job that could run; NaN if there is
	 * none.
	 */
	JOBS_OLDEST("pgdispatch.jobs.oldest", "Age of the oldest job that could run", "seconds", "kind"),

	/**
	 * Gauge of the whole queue: dead letters, of which the latest 2,000 are counted.
	 */
	DEAD_LETTERS("pgdispatch.dead.letters", "Jobs that failed for good", "jobs", "name"),

	/**
	 * Gauge of the whole queue: jobs of a queue that run or may run.
	 */
	QUEUE_RUNNING("pgdispatch.queue.running", "Jobs of a queue that run", "jobs", "queue"),

	/**
	 * Gauge of the whole queue: maximum number of jobs of a queue that run; NaN for no
	 * limit.
	 */
	QUEUE_LIMIT("pgdispatch.queue.limit", "Maximum number of jobs of a queue that run", "jobs", "queue"),

	/**
	 * Gauge of the whole queue: nodes that have claims on jobs of handlers.
	 */
	NODES("pgdispatch.nodes", "Nodes that have claims", "nodes"),

	/**
	 * Gauge of the whole queue: workers of pg_cron.
	 */
	CRON_WORKERS("pgdispatch.cron.workers", "Workers of pg_cron", "workers"),

	/**
	 * Gauge of the whole queue: batches that have not ended, at most 2,001.
	 */
	BATCHES("pgdispatch.batches", "Batches that have not ended", "batches"),

	/**
	 * Gauge of the whole queue: number of pauses, of everything, handlers and queues.
	 */
	PAUSES("pgdispatch.pauses", "Pauses of everything, handlers and queues", "pauses"),

	/**
	 * Gauge of the whole queue: time for which the next due time of a schedule has
	 * passed; 0 if it has not.
	 */
	SCHEDULE_DELAY("pgdispatch.schedule.delay", "Time for which the next due time of a schedule has passed", "seconds",
			"schedule"),

	/**
	 * Gauge of the whole queue: due times of a schedule so far that got no job.
	 */
	SCHEDULE_SKIPPED("pgdispatch.schedule.skipped", "Due times of a schedule that got no job", "times", "schedule"),

	/**
	 * Gauge of the whole queue: number of circuit breakers that have tripped.
	 */
	TRIPPED_BREAKERS("pgdispatch.tripped.breakers", "Circuit breakers that have tripped", "breakers"),

	/**
	 * Gauge of the whole queue: estimated number of dead rows of a table.
	 */
	TABLE_DEAD_ROWS("pgdispatch.table.dead.rows", "Dead rows of a table", "rows", "table"),

	/**
	 * Gauge of the whole queue: age of the oldest snapshot that keeps dead rows, in
	 * transactions; 0 if there is none.
	 */
	SNAPSHOT_AGE("pgdispatch.snapshot.age", "Age of the oldest snapshot", "transactions"),

	/**
	 * Gauge: tenants with a database of their own that this node has visited. Absent if
	 * there are none.
	 */
	TENANTS("pgdispatch.tenants", "Tenants that this node has visited", "tenants", "state");

	private final String meter;

	private final String description;

	private final @Nullable String unit;

	private final List<String> tags;

	PgDispatchMeter(String meter, String description, @Nullable String unit, String... tags) {
		this.meter = meter;
		this.description = description;
		this.unit = unit;
		this.tags = List.of(tags);
	}

	/**
	 * Returns the name of the meter.
	 * @return the name, which a registry may write in its own way
	 */
	public String meter() {
		return this.meter;
	}

	/**
	 * Returns what the meter measures.
	 * @return the description
	 */
	public String description() {
		return this.description;
	}

	/**
	 * Returns the unit of the meter.
	 * @return the unit; {@code null} for timers and for numbers without a unit
	 */
	public @Nullable String unit() {
		return this.unit;
	}

	/**
	 * Returns the names of the tags.
	 * @return the tags that the meter always has
	 */
	public List<String> tags() {
		return this.tags;
	}

}
