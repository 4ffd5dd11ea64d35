package io.github.pgdispatch.observability;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.driver.AttemptOutcome;
import io.github.pgdispatch.driver.DriverListener;
import io.github.pgdispatch.driver.DriverState;
import io.github.pgdispatch.driver.EndedAttempt;
import io.github.pgdispatch.driver.ObservedDriver;
import io.github.pgdispatch.driver.SqlChunk;
import io.github.pgdispatch.driver.WakeUpSource;
import io.github.pgdispatch.event.AttemptFailedEvent;
import io.github.pgdispatch.event.DeadLetterEvent;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;

/**
 * Measures what the drivers of this node do. Thread-safe.
 */
public final class DriverMetrics implements DriverListener, MeterBinder {

	/**
	 * Maximum number of different errors, as exceptions may have any class.
	 */
	private static final int MAX_ERRORS = 100;

	/**
	 * Maximum number of different queues, as each tenant may have its own.
	 */
	private static final int MAX_QUEUES = 200;

	private final Tags database;

	private final Supplier<? extends Collection<ObservedDriver>> drivers;

	private final TagValues errors = new TagValues(MAX_ERRORS);

	private final TagValues queues = new TagValues(MAX_QUEUES);

	/**
	 * Kept, as to look a timer up takes longer than to record in it.
	 */
	private final Map<AttemptTags, AttemptMetrics> timers = new ConcurrentHashMap<>();

	private volatile @Nullable MeterRegistry registry;

	/**
	 * Creates an instance, which measures nothing before it is bound.
	 * @param database the name of the database of the drivers, or {@code null} if the
	 * application has only one
	 * @param drivers of this node, which are asked for when it is bound
	 */
	public DriverMetrics(@Nullable String database, Supplier<? extends Collection<ObservedDriver>> drivers) {
		this.database = databaseTag(database);
		this.drivers = drivers;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		for (ObservedDriver driver : this.drivers.get()) {
			gauge(registry, PgDispatchMeter.ACTIVE_WORKERS, driver, DriverState::active);
			gauge(registry, PgDispatchMeter.MAX_WORKERS, driver, DriverState::limit);
			gauge(registry, PgDispatchMeter.READY, driver, (state) -> state.isReady() ? 1 : 0);
			gauge(registry, PgDispatchMeter.LISTENING, driver, (state) -> state.listening() ? 1 : 0);
		}
		this.timers.clear();
		this.registry = registry;
	}

	private void gauge(MeterRegistry registry, PgDispatchMeter meter, ObservedDriver driver,
			ToDoubleFunction<DriverState> value) {
		Gauge.builder(meter.meter(), driver, (observed) -> value.applyAsDouble(observed.state()))
			.description(meter.description())
			.baseUnit(meter.unit())
			.tags(this.database.and(tags(meter, name(driver.state().jobs()))))
			.register(registry);
	}

	@Override
	public void attemptEnded(EndedAttempt attempt) {
		MeterRegistry registry = this.registry;
		if (registry != null) {
			AttemptTags tags = new AttemptTags(attempt.handler(), this.queues.tag(attempt.queue()), attempt.outcome());
			this.timers.computeIfAbsent(tags, (key) -> timers(registry, key)).record(attempt);
			if (attempt.exception() != null) {
				count(registry, PgDispatchMeter.JOB_FAILURES, 1, attempt.handler(),
						error(attempt.sqlState(), attempt.exception()));
			}
		}
	}

	@Override
	public void chunkEnded(SqlChunk chunk) {
		MeterRegistry registry = this.registry;
		if (registry != null) {
			timer(registry, PgDispatchMeter.SQL_CHUNK).record(chunk.duration());
			count(registry, PgDispatchMeter.SQL_JOBS, chunk.completed(), "done");
			count(registry, PgDispatchMeter.SQL_JOBS, chunk.retried(), "retried");
			count(registry, PgDispatchMeter.SQL_JOBS, chunk.failed(), "failed");
		}
	}

	@Override
	public void attemptFailed(AttemptFailedEvent event) {
		failed(event.handler(), event.sqlState());
	}

	@Override
	public void deadLetter(DeadLetterEvent event) {
		failed(event.handler(), event.sqlState());
	}

	/**
	 * The failures of methods are known from the ends of their attempts.
	 */
	private void failed(@Nullable String handler, @Nullable String sqlState) {
		MeterRegistry registry = this.registry;
		if (registry != null && handler == null) {
			count(registry, PgDispatchMeter.SQL_FAILURES, 1, error(sqlState, TagValues.NONE));
		}
	}

	@Override
	public void wokenUp(JobKind jobs, WakeUpSource source) {
		MeterRegistry registry = this.registry;
		if (registry != null) {
			count(registry, PgDispatchMeter.WAKE_UPS, 1, name(jobs), name(source));
		}
	}

	/**
	 * Returns the class of an SQLSTATE, or else the simple name of an exception.
	 */
	private String error(@Nullable String sqlState, String exception) {
		return this.errors.tag((sqlState != null && sqlState.length() > 1) ? sqlState.substring(0, 2)
				: exception.substring(exception.lastIndexOf('.') + 1));
	}

	private AttemptMetrics timers(MeterRegistry registry, AttemptTags tags) {
		String[] values = { tags.handler(), tags.queue(), name(tags.outcome()) };
		return new AttemptMetrics(timer(registry, PgDispatchMeter.JOB_DELAY, values),
				timer(registry, PgDispatchMeter.JOB_DURATION, values));
	}

	private Timer timer(MeterRegistry registry, PgDispatchMeter meter, String... values) {
		return Timer.builder(meter.meter())
			.description(meter.description())
			.tags(this.database.and(tags(meter, values)))
			.register(registry);
	}

	private void count(MeterRegistry registry, PgDispatchMeter meter, long amount, String... values) {
		Counter.builder(meter.meter())
			.description(meter.description())
			.baseUnit(meter.unit())
			.tags(this.database.and(tags(meter, values)))
			.register(registry)
			.increment(amount);
	}

	/**
	 * Returns the tags of a meter with these values, in the order of their names.
	 */
	static Tags tags(PgDispatchMeter meter, String... values) {
		Tags tags = Tags.empty();
		for (int i = 0; i < values.length; i++) {
			tags = tags.and(meter.tags().get(i), values[i]);
		}
		return tags;
	}

	/**
	 * Returns the tag of the meters of one of several databases.
	 */
	static Tags databaseTag(@Nullable String database) {
		return (database != null) ? Tags.of("database", database) : Tags.empty();
	}

	static String name(Enum<?> value) {
		return value.name().toLowerCase(Locale.ROOT);
	}

	private record AttemptTags(String handler, String queue, AttemptOutcome outcome) {

	}

}
