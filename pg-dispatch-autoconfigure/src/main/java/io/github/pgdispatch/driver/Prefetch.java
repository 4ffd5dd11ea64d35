package io.github.pgdispatch.driver;

import java.time.Duration;

/**
 * Decides how many jobs a node claims ahead of those that it runs: as many as it recently
 * completed in a moment. So quick jobs are claimed many at once, and slow jobs are left
 * to other nodes. Not thread-safe.
 */
final class Prefetch {

	/**
	 * Time that the prefetched jobs last: long compared to a round trip to the database,
	 * and too short for their delay to be noticed.
	 */
	private static final Duration RESERVE = Duration.ofMillis(50);

	private static final Duration WINDOW = Duration.ofMillis(20);

	private static final int MAX_JOBS = 1_000;

	private long windowBegan = System.nanoTime();

	private long completedBefore;

	private int jobs;

	/**
	 * Returns the number of jobs to prefetch.
	 * @param completed number of jobs that were completed so far
	 * @return the number, which is zero if jobs take long
	 */
	int jobs(long completed) {
		long elapsed = System.nanoTime() - this.windowBegan;
		if (elapsed > WINDOW.toNanos()) {
			long inWindow = completed - this.completedBefore;
			this.jobs = (int) Math.min(MAX_JOBS, inWindow * RESERVE.toNanos() / elapsed);
			this.windowBegan = System.nanoTime();
			this.completedBefore = completed;
		}
		return this.jobs;
	}

}
