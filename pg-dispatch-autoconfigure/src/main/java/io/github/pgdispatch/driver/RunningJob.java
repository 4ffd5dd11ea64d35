package io.github.pgdispatch.driver;

import java.time.Duration;
import java.time.Instant;

/**
 * A claimed job that runs.
 *
 * @param thread that runs it
 * @param startedAt the time at which it began, of this node's clock
 * @param startNanos the same time in terms of {@link System#nanoTime()}
 */
record RunningJob(Thread thread, Instant startedAt, long startNanos) {

	/**
	 * Returns a job that begins now on the current thread.
	 */
	static RunningJob onCurrentThread() {
		return new RunningJob(Thread.currentThread(), Instant.now(), System.nanoTime());
	}

	/**
	 * Returns the times of the job if it ends now.
	 */
	AttemptTimes times() {
		return new AttemptTimes(this.startedAt, Duration.ofNanos(System.nanoTime() - this.startNanos));
	}

}
