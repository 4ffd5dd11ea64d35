package io.github.pgdispatch.observability;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.JobState;
import io.github.pgdispatch.PgDispatchStatus;
import io.github.pgdispatch.driver.Causes;
import io.github.pgdispatch.driver.Tenant;
import io.github.pgdispatch.driver.TenantListener;
import io.github.pgdispatch.driver.TenantLook;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;

/**
 * Remembers what the visits of tenants have found. The queue of a tenant is counted at
 * the end of a visit, so that no connection is opened for that. Thread-safe.
 */
public final class TenantStatuses implements TenantListener {

	private static final Duration OVERDUE = Duration.ofMinutes(1);

	private final Duration interval;

	private final LongSupplier nanoTime;

	private final Map<Tenant, Visited> visited = new ConcurrentHashMap<>();

	/**
	 * Creates an instance.
	 * @param interval minimum time between two counts of the queue of a tenant
	 */
	public TenantStatuses(Duration interval) {
		this(interval, System::nanoTime);
	}

	TenantStatuses(Duration interval, LongSupplier nanoTime) {
		this.interval = interval;
		this.nanoTime = nanoTime;
	}

	/**
	 * Counts the queue unless that was done a short time ago, or is needed to tell
	 * whether it is stalled.
	 */
	@Override
	public void visited(Tenant tenant, TenantLook look, boolean worked, Supplier<PgDispatchStatus> status) {
		Visited before = this.visited.get(tenant);
		boolean stands = look.isDue() && !worked;
		if (before != null && before.status() != null && before.problem() == null && !stands
				&& since(before.countedAt()).compareTo(this.interval) < 0) {
			return;
		}
		try {
			PgDispatchStatus counted = status.get();
			Problem problem = (stands && isStalled(counted, look))
					? problem(before, Problem.Kind.STALLED, "The queue is stalled: a job has been due for more than "
							+ OVERDUE.toSeconds() + " seconds, and this node ran none when it last looked")
					: null;
			this.visited.put(tenant, new Visited(counted, this.nanoTime.getAsLong(), problem));
		}
		catch (DataAccessException ex) {
			failed(tenant, ex);
		}
	}

	private static boolean isStalled(PgDispatchStatus status, TenantLook look) {
		return !status.paused() && status.jobs()
			.stream()
			.filter((jobs) -> jobs.state() == JobState.WAITING)
			.filter((jobs) -> (jobs.kind() == JobKind.SQL) ? look.sqlDue() : look.methodsDue())
			.anyMatch((jobs) -> jobs.oldest() != null && jobs.oldest().compareTo(OVERDUE) > 0);
	}

	@Override
	public void failed(Tenant tenant, Throwable cause) {
		this.visited.compute(tenant, (key, before) -> {
			String text = SchemaProblem.isCauseOf(cause) ? "The schema cannot be used: " + SchemaProblem.describe(cause)
					: Causes.describe(cause);
			return new Visited((before != null) ? before.status() : null, (before != null) ? before.countedAt() : 0,
					problem(before, Problem.Kind.FAILING, text));
		});
	}

	private Problem problem(@Nullable Visited before, Problem.Kind kind, String text) {
		Problem earlier = (before != null) ? before.problem() : null;
		return new Problem(kind, text,
				(earlier != null && earlier.kind() == kind) ? earlier.since() : this.nanoTime.getAsLong());
	}

	@Override
	public void left(Tenant tenant) {
		this.visited.remove(tenant);
	}

	/**
	 * Returns the time for which a problem has been there.
	 */
	Duration age(Problem problem) {
		return since(problem.since());
	}

	private Duration since(long nanos) {
		return Duration.ofNanos(this.nanoTime.getAsLong() - nanos);
	}

	/**
	 * Returns the number of tenants that were visited.
	 */
	int tenants() {
		return this.visited.size();
	}

	/**
	 * Returns the number of tenants that were visited and have no problem.
	 */
	int fine() {
		return tenants() - problems().size();
	}

	/**
	 * Returns the number of tenants with a problem of a kind.
	 */
	long count(Problem.Kind kind) {
		return problems().stream().filter((problem) -> problem.getValue().kind() == kind).count();
	}

	/**
	 * Returns the tenants with problems, in the order of their names.
	 */
	List<Map.Entry<Tenant, Problem>> problems() {
		List<Map.Entry<Tenant, Problem>> problems = new ArrayList<>();
		this.visited.forEach((tenant, found) -> {
			if (found.problem() != null) {
				problems.add(Map.entry(tenant, found.problem()));
			}
		});
		problems.sort(Comparator.comparing((entry) -> entry.getKey().toString()));
		return problems;
	}

	/**
	 * Returns the latest numbers of all tenants together.
	 * @return the sums; what cannot be summed up is that of the tenant where it is worst
	 */
	public PgDispatchStatus sum() {
		List<PgDispatchStatus> all = this.visited.values()
			.stream()
			.map(Visited::status)
			.filter(Objects::nonNull)
			.toList();
		return new PgDispatchStatus(concat(all, PgDispatchStatus::jobs), concat(all, PgDispatchStatus::deadLetters),
				concat(all, PgDispatchStatus::queues), all.stream().anyMatch(PgDispatchStatus::paused),
				concat(all, PgDispatchStatus::pausedHandlers).stream().distinct().toList(),
				concat(all, PgDispatchStatus::breakers), all.stream().anyMatch(PgDispatchStatus::applicationConnected),
				all.stream().mapToInt(PgDispatchStatus::nodes).sum(),
				all.stream().mapToInt(PgDispatchStatus::cronWorkers).sum(),
				all.stream().mapToInt(PgDispatchStatus::batches).sum(), concat(all, PgDispatchStatus::schedules),
				concat(all, PgDispatchStatus::tables),
				all.stream()
					.map(PgDispatchStatus::snapshot)
					.filter(Objects::nonNull)
					.max(Comparator.comparing(PgDispatchStatus.Snapshot::transactions))
					.orElse(null));
	}

	private static <T> List<T> concat(List<PgDispatchStatus> all, Function<PgDispatchStatus, List<T>> part) {
		return all.stream().map(part).flatMap(Collection::stream).toList();
	}

	/**
	 * What the visits of a tenant have found.
	 *
	 * @param status the latest numbers, or {@code null} if there are none
	 * @param countedAt the time of the numbers, in terms of {@link System#nanoTime()}
	 * @param problem that there is, or {@code null} if there is none
	 */
	private record Visited(@Nullable PgDispatchStatus status, long countedAt, @Nullable Problem problem) {

	}

	/**
	 * A problem of a tenant.
	 *
	 * @param kind of the problem
	 * @param text a sentence without a full stop
	 * @param since the time at which it began, in terms of {@link System#nanoTime()}
	 */
	record Problem(Kind kind, String text, long since) {

		enum Kind {

			/**
			 * The tenant cannot be visited.
			 */
			FAILING,

			/**
			 * A job that this node could run is overdue, and is not run.
			 */
			STALLED

		}

	}

}
