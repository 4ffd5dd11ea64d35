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
 * Those who wait for the ends of jobs. Thread-safe.
 */
final class PendingResults {

	private static final Long NOBODY = Long.MIN_VALUE;

	private final Map<Long, Set<CompletableFuture<JobResult>>> byId = new ConcurrentHashMap<>();

	private final BlockingQueue<Long> fresh = new LinkedBlockingQueue<>();

	/**
	 * Adds one, until its future is completed or cancelled.
	 * @param id of the job that it waits for
	 * @return the future
	 */
	CompletableFuture<JobResult> add(long id) {
		CompletableFuture<JobResult> future = new CompletableFuture<>();
		this.byId.compute(id, (key, futures) -> {
			Set<CompletableFuture<JobResult>> all = (futures != null) ? futures : ConcurrentHashMap.newKeySet();
			all.add(future);
			return all;
		});
		future.whenComplete((result, ex) -> this.byId.computeIfPresent(id, (key, futures) -> {
			futures.remove(future);
			return futures.isEmpty() ? null : futures;
		}));
		this.fresh.add(id);
		return future;
	}

	boolean isEmpty() {
		return this.byId.isEmpty();
	}

	Collection<Long> ids() {
		return List.copyOf(this.byId.keySet());
	}

	Collection<CompletableFuture<JobResult>> of(long id) {
		return List.copyOf(this.byId.getOrDefault(id, Set.of()));
	}

	/**
	 * Returns the jobs that somebody has begun to wait for since the last call.
	 */
	Collection<Long> takeFresh() {
		List<Long> ids = new ArrayList<>();
		this.fresh.drainTo(ids);
		return ids;
	}

	/**
	 * Waits until somebody begins to wait for a job.
	 * @return the jobs
	 */
	Collection<Long> takeFresh(Duration timeout) throws InterruptedException {
		Long first = this.fresh.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
		List<Long> ids = new ArrayList<>();
		if (first != null) {
			ids.add(first);
			this.fresh.drainTo(ids);
		}
		return ids;
	}

	/**
	 * Ends {@link #takeFresh(Duration)}.
	 */
	void wake() {
		this.fresh.add(NOBODY);
	}

}
