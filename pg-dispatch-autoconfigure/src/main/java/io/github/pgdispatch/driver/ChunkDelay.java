package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The time to wait after a look at the queue, so that the next look finds more jobs at
 * once. The delay is the longer, the more jobs the last look found, and there is none
 * after a look that found a single job. Not thread-safe.
 */
final class ChunkDelay {

	/**
	 * Many times the cost of a look, and too short to be noticed.
	 */
	private static final Duration MAX_DELAY = Duration.ofMillis(5);

	private static final Duration DELAY_PER_JOB = Duration.ofMillis(1);

	private final LongSupplier nanoTime;

	private long endsAt;

	/**
	 * Creates a delay that is over.
	 * @param nanoTime the clock, in nanoseconds
	 */
	ChunkDelay(LongSupplier nanoTime) {
		this.nanoTime = nanoTime;
		this.endsAt = nanoTime.getAsLong();
	}

	/**
	 * Begins the delay after a look.
	 * @param jobs number of jobs that the look found
	 */
	void begin(long jobs) {
		long others = Math.min(Math.max(jobs - 1, 0), MAX_DELAY.dividedBy(DELAY_PER_JOB));
		this.endsAt = this.nanoTime.getAsLong() + DELAY_PER_JOB.multipliedBy(others).toNanos();
	}

	/**
	 * Returns the time until the delay ends, in nanoseconds. It is not positive if the
	 * delay is over.
	 */
	long left() {
		return this.endsAt - this.nanoTime.getAsLong();
	}

	/**
	 * Returns the time until the delay ends, or the timeout if that is shorter or the
	 * delay is over.
	 */
	Duration within(Duration timeout) {
		long left = left();
		return (left > 0 && left < timeout.toNanos()) ? Duration.ofNanos(left) : timeout;
	}

}
