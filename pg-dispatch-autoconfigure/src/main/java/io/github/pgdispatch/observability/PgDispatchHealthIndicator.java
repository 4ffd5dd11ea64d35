package io.github.pgdispatch.observability;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.JobState;
import io.github.pgdispatch.PgDispatchStatus;
import io.github.pgdispatch.driver.DriverState;
import io.github.pgdispatch.driver.ObservedDriver;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Tells whether this node runs its jobs. It is {@code DOWN} if a driver is dead or has
 * been without its database for half a minute, if the queue cannot be counted because the
 * schema is missing or refuses it, or if the queue is stalled: a job that this node could
 * run is overdue, there is a free worker, nothing is paused, and none was run meanwhile.
 * It is {@code OUT_OF_SERVICE} if the workers are stopped. Otherwise it is {@code UP},
 * also while jobs are paused or fail, or a circuit breaker has tripped.
 *
 * <p>
 * It asks nobody: the numbers are those of the latest sample, which is at most
 * {@code pgdispatch.metrics.interval} old, or of the time when the node fell asleep.
 */
public final class PgDispatchHealthIndicator implements HealthIndicator {

	private static final Duration LOST_FOR_LONG = Duration.ofSeconds(30);

	private static final Duration OVERDUE = Duration.ofMinutes(1);

	private static final int POLLS = 6;

	private final Supplier<? extends Collection<ObservedDriver>> drivers;

	private final DriverActivity activity;

	private final StatusSampler sampler;

	private final Duration overdue;

	/**
	 * Creates an indicator.
	 * @param drivers of this node
	 * @param activity of these drivers
	 * @param sampler that counts the queue
	 * @param pollInterval of the drivers
	 */
	public PgDispatchHealthIndicator(Supplier<? extends Collection<ObservedDriver>> drivers, DriverActivity activity,
			StatusSampler sampler, Duration pollInterval) {
		this.drivers = drivers;
		this.activity = activity;
		this.sampler = sampler;
		Duration polls = pollInterval.multipliedBy(POLLS);
		this.overdue = (polls.compareTo(OVERDUE) > 0) ? polls : OVERDUE;
	}

	@Override
	public Health health() {
		List<String> problems = new ArrayList<>();
		Map<String, Object> details = new LinkedHashMap<>();
		boolean stopped = false;
		PgDispatchStatus status = this.sampler.latest();
		Throwable failure = this.sampler.failure();
		if (failure != null && SchemaProblem.isCauseOf(failure)) {
			problems.add("The schema cannot be used: " + SchemaProblem.describe(failure));
		}
		for (ObservedDriver driver : this.drivers.get()) {
			DriverState state = driver.state();
			if (state.limit() > 0) {
				details.put((state.jobs() == JobKind.SQL) ? "sqlWorkers" : "methods", describe(state));
				stopped |= !state.running();
				problems.addAll(problems(driver, state, status));
			}
		}
		if (status != null) {
			addCounts(details, status);
		}
		if (!problems.isEmpty()) {
			return Health.down().withDetail("problems", problems).withDetails(details).build();
		}
		return (stopped ? Health.outOfService() : Health.up()).withDetails(details).build();
	}

	private List<String> problems(ObservedDriver driver, DriverState state, @Nullable PgDispatchStatus status) {
		List<String> problems = new ArrayList<>();
		String what = (state.jobs() == JobKind.SQL) ? "SQL jobs" : "methods";
		if (state.running() && !state.alive()) {
			problems.add("The driver of " + what + " is dead. Restart this node");
		}
		Duration lost = state.running() ? this.activity.lostFor(state.jobs()) : null;
		if (lost != null && lost.compareTo(LOST_FOR_LONG) > 0) {
			problems.add("The driver of " + what + " has been without its database for " + lost.toSeconds()
					+ " seconds: " + this.activity.reason(state.jobs()));
		}
		else if (status != null && lost == null && state.hasRoom() && isStalled(driver, state, status)) {
			problems.add("The queue of " + what + " is stalled: a job has been due for more than "
					+ this.overdue.toSeconds() + " seconds, and this node has free workers and runs none");
		}
		return problems;
	}

	private boolean isStalled(ObservedDriver driver, DriverState state, PgDispatchStatus status) {
		return !status.paused() && this.activity.idle(state.jobs()).compareTo(this.overdue) > 0
				&& status.jobs()
					.stream()
					.filter((jobs) -> jobs.kind() == state.jobs() && jobs.state() == JobState.WAITING)
					.filter((jobs) -> jobs.kind() == JobKind.SQL || driver.runs(Objects.requireNonNull(jobs.name())))
					.anyMatch((jobs) -> jobs.oldest() != null && jobs.oldest().compareTo(this.overdue) > 0);
	}

	private static String describe(DriverState state) {
		if (!state.running()) {
			return "stopped";
		}
		return state.active() + " of " + state.limit() + " busy" + (state.draining() ? ", drained" : "")
				+ (state.asleep() ? ", asleep" : state.connected() || state.draining() ? "" : ", without database");
	}

	static void addCounts(Map<String, Object> details, PgDispatchStatus status) {
		for (JobState state : List.of(JobState.WAITING, JobState.RUNNING, JobState.SNOOZED, JobState.HELD)) {
			details.put(state.name().toLowerCase(Locale.ROOT),
					status.jobs()
						.stream()
						.filter((jobs) -> jobs.state() == state)
						.mapToLong(PgDispatchStatus.Jobs::count)
						.sum());
		}
		details.put("deadLetters", status.deadLetters().stream().mapToLong(PgDispatchStatus.DeadLetters::count).sum());
		if (status.paused()) {
			details.put("paused", true);
		}
		if (!status.pausedHandlers().isEmpty()) {
			details.put("pausedHandlers", status.pausedHandlers());
		}
		if (!status.breakers().isEmpty()) {
			details.put("trippedBreakers",
					status.breakers()
						.stream()
						.map((breaker) -> (breaker.handler() != null) ? "handler " + breaker.handler()
								: "queue " + breaker.queue())
						.toList());
		}
	}

}
