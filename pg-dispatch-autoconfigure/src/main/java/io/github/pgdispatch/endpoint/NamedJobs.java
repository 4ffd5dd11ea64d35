package io.github.pgdispatch.endpoint;

import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

import io.github.pgdispatch.DeadLetterGroup;
import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.JobState;
import io.github.pgdispatch.PgDispatchStatus;
import org.jspecify.annotations.Nullable;

/**
 * The jobs of a handler or with a label, in an answer.
 *
 * @param kind whether they call a handler
 * @param name the name of the handler, or the label; {@code null} for SQL without one
 * @param paused whether the handler is paused by itself
 * @param tripped whether the circuit breaker of the handler has tripped
 * @param here whether the node that answers has the handler
 * @param waiting the number of those that wait
 * @param running the number of those that run
 * @param snoozed the number of those that are not due yet
 * @param held the number of those that are held
 * @param deadLetters the number of dead letters
 * @param exact whether there are not more
 * @param oldest the time for which the oldest of those that wait has been due
 */
record NamedJobs(JobKind kind, @Nullable String name, boolean paused, boolean tripped, boolean here, long waiting,
		long running, long snoozed, long held, long deadLetters, boolean exact, @Nullable Duration oldest) {

	static NamedJobs of(JobName name, PgDispatchStatus status, List<DeadLetterGroup> failed, Collection<String> here) {
		boolean handler = name.kind() == JobKind.HANDLER;
		List<PgDispatchStatus.Jobs> jobs = status.jobs()
			.stream()
			.filter((some) -> JobName.of(some).equals(name))
			.toList();
		long allFailed = failed.stream().mapToLong(DeadLetterGroup::count).sum();
		return new NamedJobs(name.kind(), name.name(), handler && status.pausedHandlers().contains(name.name()), handler
				&& status.breakers().stream().anyMatch((breaker) -> Objects.equals(name.name(), breaker.handler())),
				handler && here.contains(name.name()), count(jobs, JobState.WAITING), count(jobs, JobState.RUNNING),
				count(jobs, JobState.SNOOZED), count(jobs, JobState.HELD),
				failed.stream()
					.filter((group) -> JobName.of(group).equals(name))
					.mapToLong(DeadLetterGroup::count)
					.sum(),
				jobs.stream().allMatch(PgDispatchStatus.Jobs::exact) && allFailed < DeadLetterGroupsTopic.MAX_GROUPED,
				jobs.stream()
					.filter((some) -> some.state() == JobState.WAITING)
					.map(PgDispatchStatus.Jobs::oldest)
					.filter(Objects::nonNull)
					.max(Comparator.naturalOrder())
					.orElse(null));
	}

	private static long count(List<PgDispatchStatus.Jobs> jobs, JobState state) {
		return jobs.stream().filter((some) -> some.state() == state).mapToLong(PgDispatchStatus.Jobs::count).sum();
	}

}
