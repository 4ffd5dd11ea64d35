package io.github.pgdispatch.observability;

import java.util.Locale;
import java.util.function.Supplier;

import io.github.pgdispatch.observability.TenantStatuses.Problem;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;

/**
 * Counts the tenants by what their visits have found. Thread-safe.
 */
public final class TenantMetrics implements MeterBinder {

	private final @Nullable String database;

	private final TenantStatuses statuses;

	/**
	 * Creates an instance, which measures nothing before it is bound.
	 * @param database the name of the {@code DataSource} that routes to the tenants, or
	 * {@code null} if the application has no other one
	 * @param statuses what the visits have found
	 */
	public TenantMetrics(@Nullable String database, TenantStatuses statuses) {
		this.database = database;
		this.statuses = statuses;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		gauge(registry, "fine", this.statuses::fine);
		for (Problem.Kind kind : Problem.Kind.values()) {
			gauge(registry, kind.name().toLowerCase(Locale.ROOT), () -> this.statuses.count(kind));
		}
	}

	private void gauge(MeterRegistry registry, String state, Supplier<Number> value) {
		PgDispatchMeter meter = PgDispatchMeter.TENANTS;
		Gauge.builder(meter.meter(), value)
			.description(meter.description())
			.baseUnit(meter.unit())
			.tags(DriverMetrics.databaseTag(this.database).and(DriverMetrics.tags(meter, state)))
			.register(registry);
	}

}
