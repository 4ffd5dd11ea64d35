package io.github.pgdispatch.driver;

import java.time.Duration;
import java.time.Instant;

import io.github.pgdispatch.gateway.Claim;

/**
 * When an attempt of a claimed job began, and how long it took.
 *
 * @param startedAt the time at which it began, of this node's clock
 * @param duration of the attempt
 */
record AttemptTimes(Instant startedAt, Duration duration) {

	/**
	 * Returns the time for which the job was due before it began.
	 */
	Duration delay(Claim claim) {
		Duration delay = Duration.between(claim.dueAt().toInstant(), this.startedAt);
		return delay.isNegative() ? Duration.ZERO : delay;
	}

}
