package io.github.pgdispatch.driver;

import java.time.Duration;

import org.springframework.util.Assert;

/**
 * Settings of a {@link HandlerDriver}.
 *
 * @param concurrency how many jobs this node runs at once, at the most
 * @param lease how long this node's claims hold if it is not heard of: how long after its
 * death others take over its jobs
 * @param pollInterval how often it looks at the queue without being told to
 * @param listen whether it asks the database to be notified of dispatches from elsewhere
 * @param patience how long jobs may go on running when it is stopped, before they are
 * interrupted and given back
 */
public record HandlerSettings(int concurrency, Duration lease, Duration pollInterval, boolean listen,
		Duration patience) {

	public HandlerSettings {
		Assert.isTrue(concurrency > 0, () -> "The concurrency must be positive, but is " + concurrency);
		Assert.isTrue(lease.toMillis() >= 1_000, () -> "The lease must be a second or longer, but is " + lease);
		Assert.isTrue(pollInterval.toMillis() > 0, () -> "The poll interval must be positive, but is " + pollInterval);
		Assert.isTrue(!patience.isNegative(), () -> "The patience must not be negative, but is " + patience);
	}

}
