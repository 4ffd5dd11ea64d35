package io.github.pgdispatch.driver;

import java.time.Duration;

/**
 * How long to leave jobs alone after some were found, such that more of them are found at
 * once: the longer, the more it were the last time, and not at all after one that came
 * alone. Not thread-safe.
 */
final class BatchDelay {

	/**
	 * Many times what a look costs, and hardly felt as a delay.
	 */
	private static final Duration LONGEST = Duration.ofMillis(5);

	private static final Duration FOR_EACH = Duration.ofMillis(1);

	private long ends = System.nanoTime();

	/**
	 * Begins after a look.
	 * @param jobs how many were found
	 */
	void begin(long jobs) {
		long others = Math.min(Math.max(jobs - 1, 0), LONGEST.dividedBy(FOR_EACH));
		this.ends = System.nanoTime() + FOR_EACH.multipliedBy(others).toNanos();
	}

	/**
	 * Returns for how long it goes on, in nanoseconds; not positive if it is over.
	 */
	long left() {
		return this.ends - System.nanoTime();
	}

	/**
	 * Returns when it is over, if that is sooner.
	 */
	Duration within(Duration timeout) {
		long left = left();
		return (left > 0 && left < timeout.toNanos()) ? Duration.ofNanos(left) : timeout;
	}

}
