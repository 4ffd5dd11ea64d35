package io.github.pgdispatch.driver;

import java.time.Duration;

import org.springframework.util.Assert;

/**
 * Settings of an {@link ApplicationDriver}.
 *
 * @param threads how many jobs this node runs at once, at the most
 * @param pollInterval how often it looks at the queue without being told to
 * @param listen whether it asks the database to be notified of dispatches from elsewhere
 */
public record DriverSettings(int threads, Duration pollInterval, boolean listen) {

	public DriverSettings {
		Assert.isTrue(threads > 0, () -> "The number of threads must be positive, but is " + threads);
		Assert.isTrue(pollInterval.toMillis() > 0, () -> "The poll interval must be positive, but is " + pollInterval);
	}

}
