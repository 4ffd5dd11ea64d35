package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

/**
 * The claimed jobs that run, and the threads that run them. Not thread-safe.
 */
final class RunningJobs {

	private static final OneLineLog logger = OneLineLog.of(RunningJobs.class);

	private final Map<Claim, RunningJob> jobs = new HashMap<>();

	private final Set<Long> cancelled = new HashSet<>();

	/**
	 * Notes that the current thread begins a job.
	 */
	void begin(Claim claim) {
		this.jobs.put(claim, RunningJob.onCurrentThread());
	}

	/**
	 * Notes that a job has ended.
	 * @param outcome of the job as it was run
	 * @return the outcome that counts, or {@code null} if the job was abandoned
	 */
	@Nullable Outcome end(Outcome outcome) {
		Claim claim = outcome.claim();
		RunningJob job = this.jobs.remove(claim);
		if (job == null) {
			return null;
		}
		boolean cancelled = this.cancelled.remove(claim.id()) && !outcome.isDone();
		return (cancelled ? Outcome.of(claim, Outcome.Kind.CANCELLED) : outcome).at(job.times());
	}

	/**
	 * Returns the jobs, as log messages name them.
	 */
	List<String> names() {
		return this.jobs.keySet().stream().map(Claim::toString).toList();
	}

	/**
	 * Interrupts jobs that have been cancelled.
	 */
	void cancel(Set<Long> ids) {
		this.jobs.forEach((claim, job) -> {
			if (ids.contains(claim.id()) && this.cancelled.add(claim.id())) {
				logger.info(claim + " was cancelled and is interrupted");
				job.thread().interrupt();
			}
		});
	}

	/**
	 * Interrupts all jobs and gives them back. What they return then does not count.
	 * @return their outcomes
	 */
	List<Outcome> abandon() {
		List<Outcome> abandoned = this.jobs.entrySet()
			.stream()
			.map((job) -> Outcome.released(job.getKey(), Duration.ZERO).at(job.getValue().times()))
			.toList();
		this.jobs.forEach((claim, job) -> {
			logger.warn(claim + " is interrupted and given back, as the application stops");
			job.thread().interrupt();
		});
		this.jobs.clear();
		return abandoned;
	}

}
