package io.github.pgdispatch;

import java.time.Duration;

import org.springframework.util.Assert;

/**
 * The time that a job waits after a failed attempt. The delay applies after the first
 * failed attempt, and is multiplied after each further one, up to the maximum. The actual
 * time is up to 25 % shorter or longer at random, so that jobs that failed together are
 * not run again together.
 *
 * @param delay the time after the first failed attempt; zero or more
 * @param multiplier the factor by which the time grows after each further failed attempt;
 * from 1, with which the time stays the same, to 1,000
 * @param max the maximum time; at least the delay
 */
public record BackOff(Duration delay, double multiplier, Duration max) {

	/**
	 * The default: one second, multiplied by two, up to ten minutes.
	 */
	public static final BackOff DEFAULT = new BackOff(Duration.ofSeconds(1), 2, Duration.ofMinutes(10));

	private static final int MAX_MULTIPLIER = 1_000;

	public BackOff {
		Assert.isTrue(!delay.isNegative(), () -> "The back-off must not be negative, but is " + delay);
		Assert.isTrue(multiplier >= 1 && multiplier <= MAX_MULTIPLIER,
				() -> "The back-off multiplier must be from 1 to " + MAX_MULTIPLIER + ", but is " + multiplier);
		Assert.isTrue(max.compareTo(delay) >= 0,
				() -> "The maximum back-off must not be shorter than the back-off of " + delay + ", but is " + max);
		ArgumentChecks.bounded("The maximum back-off", max);
	}

}
