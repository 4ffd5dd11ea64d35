package io.github.pgdispatch;

import java.time.Duration;

import org.springframework.util.Assert;

/**
 * The circuit breaker of a queue or of a handler. It trips after a number of failed
 * attempts in a row, and then lets no job begin, so that the others keep their attempts
 * for the time when they can succeed. After a time it lets one job begin as a probe. If
 * the probe succeeds, the breaker is reset. If it fails, the breaker waits for twice as
 * long, up to an hour. The actual time is up to 25 % shorter or longer at random.
 *
 * @param breakAfter the number of failed attempts in a row after which the breaker trips;
 * positive
 * @param breakFor the time after which a breaker that has just tripped lets a probe
 * begin; positive, truncated to whole microseconds
 */
public record CircuitBreaker(int breakAfter, Duration breakFor) {

	public CircuitBreaker {
		Assert.isTrue(breakAfter > 0,
				() -> "The number of failures before a break must be positive, but is " + breakAfter);
		Assert.isTrue(breakFor.compareTo(Duration.ofNanos(1_000)) >= 0,
				() -> "The time of a break must be positive, but is " + breakFor);
		ArgumentChecks.bounded("The time of a break", breakFor);
	}

}
