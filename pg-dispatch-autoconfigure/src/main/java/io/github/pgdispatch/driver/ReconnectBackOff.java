package io.github.pgdispatch.driver;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.util.backoff.BackOff;
import org.springframework.util.backoff.BackOffExecution;

/**
 * The delays between attempts to reach the database. Thread-safe.
 */
final class ReconnectBackOff {

	private final BackOff backOff;

	private volatile @Nullable BackOffExecution delays;

	ReconnectBackOff(BackOff backOff) {
		this.backOff = backOff;
	}

	/**
	 * Returns the delay after a failed attempt.
	 */
	synchronized Duration next() {
		BackOffExecution delays = this.delays;
		if (delays == null) {
			delays = this.backOff.start();
			this.delays = delays;
		}
		return Duration.ofMillis(delays.nextBackOff());
	}

	/**
	 * Starts over with the shortest delay.
	 */
	void reset() {
		if (this.delays != null) {
			this.delays = null;
		}
	}

}
