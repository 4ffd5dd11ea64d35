package io.github.pgdispatch;

import java.time.Duration;

import org.springframework.util.Assert;

/**
 * How long a job that has failed waits for its next attempt: after the first failure for
 * the delay, after each further one for so many times as long as before, and never longer
 * than the limit. Each time, a quarter of it more or less is left to chance, so that jobs
 * that failed together do not come again together.
 *
 * @param delay after the first failure; zero or more
 * @param multiplier one or more; one for always the same delay
 * @param max the longest delay; no shorter than the first one
 */
public record BackOff(Duration delay, double multiplier, Duration max) {

	/**
	 * One second, twice as long each time, ten minutes at the most.
	 */
	public static final BackOff DEFAULT = new BackOff(Duration.ofSeconds(1), 2, Duration.ofMinutes(10));

	public BackOff {
		Assert.isTrue(!delay.isNegative(), () -> "The back-off must not be negative, but is " + delay);
		Assert.isTrue(multiplier >= 1, () -> "The back-off multiplier must be at least 1, but is " + multiplier);
		Assert.isTrue(max.compareTo(delay) >= 0,
				() -> "The maximum back-off must not be shorter than the back-off of " + delay + ", but is " + max);
	}

}
