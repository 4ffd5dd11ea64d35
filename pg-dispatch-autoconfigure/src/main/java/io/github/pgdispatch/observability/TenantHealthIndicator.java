package io.github.pgdispatch.observability;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;

import io.github.pgdispatch.driver.Tenant;
import io.github.pgdispatch.observability.TenantStatuses.Problem;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Tells whether this node runs the jobs of its tenants, and which tenants have problems:
 * those whose database cannot be used, and those whose queue is stalled. It is
 * {@code OUT_OF_SERVICE} if the workers are stopped, {@code DOWN} if all tenants have had
 * a problem for half a minute, and otherwise {@code UP}: the problem of one tenant is no
 * reason to keep the others from this node.
 *
 * <p>
 * It asks nobody: it tells what the latest visit of each tenant has found.
 */
public final class TenantHealthIndicator implements HealthIndicator {

	private static final Duration LONG = Duration.ofSeconds(30);

	/**
	 * Maximum number of tenants whose problems are told.
	 */
	private static final int MAX_TOLD = 5;

	private final BooleanSupplier running;

	private final TenantStatuses statuses;

	/**
	 * Creates an indicator.
	 * @param running tells whether the workers run, or this node has none
	 * @param statuses what the visits have found
	 */
	public TenantHealthIndicator(BooleanSupplier running, TenantStatuses statuses) {
		this.running = running;
		this.statuses = statuses;
	}

	@Override
	public Health health() {
		List<Map.Entry<Tenant, Problem>> problems = this.statuses.problems();
		int tenants = this.statuses.tenants();
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("tenants", tenants);
		for (Problem.Kind kind : Problem.Kind.values()) {
			details.put(kind.name().toLowerCase(Locale.ROOT), this.statuses.count(kind));
		}
		Map<String, String> told = new LinkedHashMap<>();
		problems.stream()
			.limit(MAX_TOLD)
			.forEach((problem) -> told.put(problem.getKey().toString(), problem.getValue().text()));
		if (!told.isEmpty()) {
			details.put("problems", told);
		}
		PgDispatchHealthIndicator.addCounts(details, this.statuses.sum());
		boolean down = tenants > 0 && problems.stream()
			.filter((problem) -> this.statuses.age(problem.getValue()).compareTo(LONG) > 0)
			.count() == tenants;
		return (!this.running.getAsBoolean() ? Health.outOfService() : down ? Health.down() : Health.up())
			.withDetails(details)
			.build();
	}

}
