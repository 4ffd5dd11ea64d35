package io.github.pgdispatch.driver;

import java.util.ArrayList;
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

	private final Map<Claim, Thread> threads = new HashMap<>();

	private final Set<Long> cancelled = new HashSet<>();

	/**
	 * Notes that the current thread begins a job.
	 */
	void begin(Claim claim) {
		this.threads.put(claim, Thread.currentThread());
	}

	/**
	 * Notes that a job has ended.
	 * @param outcome of the job as it was run
	 * @return the outcome that counts, or {@code null} if the job was abandoned
	 */
	@Nullable Outcome end(Outcome outcome) {
		Claim claim = outcome.claim();
		if (this.threads.remove(claim) == null) {
			return null;
		}
		boolean cancelled = this.cancelled.remove(claim.id()) && !outcome.isDone();
		return cancelled ? Outcome.of(claim, Outcome.Kind.CANCELLED) : outcome;
	}

	/**
	 * Returns the jobs, as log messages name them.
	 */
	List<String> names() {
		return this.threads.keySet().stream().map(Claim::toString).toList();
	}

	/**
	 * Interrupts jobs that have been cancelled.
	 */
	void cancel(Set<Long> ids) {
		this.threads.forEach((claim, thread) -> {
			if (ids.contains(claim.id()) && this.cancelled.add(claim.id())) {
				logger.info(claim + " was cancelled and is interrupted");
				thread.interrupt();
			}
		});
	}

	/**
	 * Interrupts all jobs. Their outcomes do not count any more.
	 * @return the claims on them
	 */
	List<Claim> abandon() {
		List<Claim> abandoned = new ArrayList<>(this.threads.keySet());
		this.threads.forEach((claim, thread) -> {
			logger.warn(claim + " is interrupted and given back, as the application stops");
			thread.interrupt();
		});
		this.threads.clear();
		return abandoned;
	}

}
