package io.github.pgdispatch.observability;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.JobState;
import io.github.pgdispatch.PgDispatchStatus;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;

/**
 * Measures the whole queue, from the samples that it is given. Thread-safe.
 */
public final class QueueMetrics implements MeterBinder, StatusListener {

	private static final double MILLIS_PER_SECOND = 1_000;

	/**
	 * Maximum number of different names and queues, as labels may be anything. Further
	 * ones are counted together.
	 */
	private static final int MAX_NAMES = 200;

	private final Tags database;

	private final Map<PgDispatchMeter, MultiGauge> gauges = new HashMap<>();

	private final Map<PgDispatchMeter, Map<List<String>, Double>> latest = new ConcurrentHashMap<>();

	private final TagValues names = new TagValues(MAX_NAMES);

	/**
	 * Creates an instance, which measures nothing before it is bound.
	 * @param database the name of the database of the queue, or {@code null} if the
	 * application has only one
	 */
	public QueueMetrics(@Nullable String database) {
		this.database = DriverMetrics.databaseTag(database);
	}

	@Override
	public synchronized void bindTo(MeterRegistry registry) {
		for (PgDispatchMeter meter : List.of(PgDispatchMeter.JOBS, PgDispatchMeter.JOBS_OLDEST,
				PgDispatchMeter.DEAD_LETTERS, PgDispatchMeter.QUEUE_RUNNING, PgDispatchMeter.QUEUE_LIMIT,
				PgDispatchMeter.NODES, PgDispatchMeter.CRON_WORKERS, PgDispatchMeter.BATCHES, PgDispatchMeter.PAUSES,
				PgDispatchMeter.SCHEDULE_DELAY, PgDispatchMeter.SCHEDULE_SKIPPED, PgDispatchMeter.TRIPPED_BREAKERS,
				PgDispatchMeter.TABLE_DEAD_ROWS, PgDispatchMeter.SNAPSHOT_AGE)) {
			this.gauges.put(meter,
					MultiGauge.builder(meter.meter())
						.description(meter.description())
						.baseUnit(meter.unit())
						.register(registry));
		}
	}

	@Override
	public synchronized void counted(PgDispatchStatus status) {
		if (this.gauges.isEmpty()) {
			return;
		}
		Rows jobs = new Rows(PgDispatchMeter.JOBS);
		for (PgDispatchStatus.Jobs group : status.jobs()) {
			jobs.add(group.count(), DriverMetrics.name(group.kind()), name(group.name()), name(group.queue()),
					DriverMetrics.name(group.state()));
		}
		jobs.register();
		Rows oldest = new Rows(PgDispatchMeter.JOBS_OLDEST);
		for (JobKind kind : JobKind.values()) {
			oldest.add(oldest(status, kind), DriverMetrics.name(kind));
		}
		oldest.register();
		Rows deadLetters = new Rows(PgDispatchMeter.DEAD_LETTERS);
		status.deadLetters().forEach((group) -> deadLetters.add(group.count(), name(group.name())));
		deadLetters.register();
		Rows running = new Rows(PgDispatchMeter.QUEUE_RUNNING);
		Rows limits = new Rows(PgDispatchMeter.QUEUE_LIMIT);
		for (PgDispatchStatus.Queue queue : status.queues()) {
			running.add(queue.running(), name(queue.name()));
			limits.add((queue.concurrency() != null) ? queue.concurrency() : Double.NaN, name(queue.name()));
		}
		running.register();
		limits.register();
		new Rows(PgDispatchMeter.NODES).add(status.nodes()).register();
		new Rows(PgDispatchMeter.CRON_WORKERS).add(status.cronWorkers()).register();
		new Rows(PgDispatchMeter.BATCHES).add(status.batches()).register();
		new Rows(PgDispatchMeter.PAUSES).add(pauses(status)).register();
		Rows delays = new Rows(PgDispatchMeter.SCHEDULE_DELAY);
		Rows skipped = new Rows(PgDispatchMeter.SCHEDULE_SKIPPED);
		for (PgDispatchStatus.Schedule schedule : status.schedules()) {
			Duration late = schedule.late();
			delays.add((late != null) ? late.toMillis() / MILLIS_PER_SECOND : 0, name(schedule.name()));
			skipped.add(schedule.skipped(), name(schedule.name()));
		}
		delays.register();
		skipped.register();
		new Rows(PgDispatchMeter.TRIPPED_BREAKERS).add(status.breakers().size()).register();
		Rows tables = new Rows(PgDispatchMeter.TABLE_DEAD_ROWS);
		status.tables().forEach((table) -> tables.add(table.deadRows(), table.name()));
		tables.register();
		PgDispatchStatus.Snapshot snapshot = status.snapshot();
		new Rows(PgDispatchMeter.SNAPSHOT_AGE).add((snapshot != null) ? snapshot.transactions() : 0).register();
	}

	private static double oldest(PgDispatchStatus status, JobKind kind) {
		return status.jobs()
			.stream()
			.filter((jobs) -> jobs.kind() == kind && jobs.state() == JobState.WAITING)
			.map(PgDispatchStatus.Jobs::oldest)
			.filter(Objects::nonNull)
			.mapToDouble((age) -> age.toMillis() / MILLIS_PER_SECOND)
			.max()
			.orElse(Double.NaN);
	}

	private static long pauses(PgDispatchStatus status) {
		return (status.paused() ? 1 : 0) + status.pausedHandlers().size()
				+ status.queues().stream().filter(PgDispatchStatus.Queue::paused).count();
	}

	private String name(@Nullable String name) {
		return this.names.tag(name);
	}

	/**
	 * The values of a meter by their tags.
	 */
	private final class Rows {

		private final PgDispatchMeter meter;

		private final Map<List<String>, Double> values = new LinkedHashMap<>();

		Rows(PgDispatchMeter meter) {
			this.meter = meter;
		}

		Rows add(double value, String... tags) {
			this.values.merge(List.of(tags), value, Double::sum);
			return this;
		}

		/**
		 * A gauge that stays is not registered anew, but has the latest value: a scrape
		 * that came in between would find it twice, and fail.
		 */
		void register() {
			QueueMetrics.this.latest.put(this.meter, this.values);
			List<MultiGauge.Row<?>> rows = new ArrayList<>();
			this.values.keySet().forEach((tags) -> rows.add(row(tags)));
			Objects.requireNonNull(QueueMetrics.this.gauges.get(this.meter)).register(rows);
		}

		private MultiGauge.Row<?> row(List<String> tags) {
			PgDispatchMeter meter = this.meter;
			return MultiGauge.Row.of(
					QueueMetrics.this.database.and(DriverMetrics.tags(meter, tags.toArray(new String[0]))),
					QueueMetrics.this.latest,
					(latest) -> latest.getOrDefault(meter, Map.of()).getOrDefault(tags, Double.NaN));
		}

	}

}
