package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.github.pgdispatch.JobResult;

/**
 * The results that somebody waits for. Thread-safe.
 */
final class PendingResults {

	private static final Long NO_JOB = Long.MIN_VALUE;

	private final Map<Long, Set<CompletableFuture<JobResult>>> futures = new ConcurrentHashMap<>();

	private final BlockingQueue<Long> added = new LinkedBlockingQueue<>();

	/**
	 * Adds a future, which is removed when it is completed or cancelled.
	 * @param id of the job that somebody waits for
	 * @return the future
	 */
	CompletableFuture<JobResult> add(long id) {
		CompletableFuture<JobResult> future = new CompletableFuture<>();
		this.futures.compute(id, (key, futures) -> {
			Set<CompletableFuture<JobResult>> all = (futures != null) ? futures : ConcurrentHashMap.newKeySet();
			all.add(future);
			return all;
		});
		future.whenComplete((result, ex) -> this.futures.computeIfPresent(id, (key, futures) -> {
			futures.remove(future);
			return futures.isEmpty() ? null : futures;
		}));
		this.added.add(id);
		return future;
	}

	boolean isEmpty() {
		return this.futures.isEmpty();
	}

	Collection<Long> ids() {
		return List.copyOf(this.futures.keySet());
	}

	Collection<CompletableFuture<JobResult>> of(long id) {
		return List.copyOf(this.futures.getOrDefault(id, Set.of()));
	}

	/**
	 * Takes the jobs that were added since the last call.
	 */
	Collection<Long> takeAdded() {
		List<Long> ids = new ArrayList<>();
		this.added.drainTo(ids);
		return ids;
	}

	/**
	 * Takes the jobs that were added since the last call, and waits if there are none.
	 * @param timeout the maximum time to wait
	 * @return the ids of the jobs
	 */
	Collection<Long> takeAdded(Duration timeout) throws InterruptedException {
		Long first = this.added.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
		List<Long> ids = new ArrayList<>();
		if (first != null) {
			ids.add(first);
			this.added.drainTo(ids);
		}
		return ids;
	}

	/**
	 * Ends {@link #takeAdded(Duration)}.
	 */
	void wake() {
		this.added.add(NO_JOB);
	}

}
