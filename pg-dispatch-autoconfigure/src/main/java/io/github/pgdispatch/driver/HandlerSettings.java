package io.github.pgdispatch.driver;

import java.time.Duration;

import io.github.pgdispatch.gateway.Durations;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Settings of a {@link HandlerDriver}.
 *
 * @param concurrency maximum number of jobs of handlers that this node runs at once
 * @param lease how long this node's claims hold without a heartbeat: the time after which
 * other nodes take over its jobs if it dies
 * @param pollInterval the longest time between two looks at the queue
 * @param listen whether dispatches from elsewhere notify this node
 * @param patience how long jobs may go on running when the driver is stopped, before they
 * are interrupted and given back
 * @param sleep how the driver sleeps, or {@code null} if it stays awake
 */
public record HandlerSettings(int concurrency, Duration lease, Duration pollInterval, boolean listen, Duration patience,
		@Nullable Sleep sleep) {

	public HandlerSettings {
		Assert.isTrue(concurrency > 0, () -> "The concurrency must be positive, but is " + concurrency);
		DriverSettings.checkLength("The lease", lease);
		Assert.isTrue(lease.toMillis() >= 1_000, () -> "The lease must be a second or longer, but is " + lease);
		DriverSettings.checkPollInterval(pollInterval);
		Duration given = patience;
		Assert.isTrue(!patience.isNegative(), () -> "The patience must not be negative, but is " + given);
		patience = Durations.capped(patience);
	}

	/**
	 * Creates settings of a driver that stays awake.
	 * @param concurrency maximum number of jobs of handlers that this node runs at once
	 * @param lease how long this node's claims hold without a heartbeat
	 * @param pollInterval the longest time between two looks at the queue
	 * @param listen whether dispatches from elsewhere notify this node
	 * @param patience how long jobs may go on running when the driver is stopped
	 */
	public HandlerSettings(int concurrency, Duration lease, Duration pollInterval, boolean listen, Duration patience) {
		this(concurrency, lease, pollInterval, listen, patience, null);
	}

	HandlerSettings withoutListening() {
		return new HandlerSettings(this.concurrency, this.lease, this.pollInterval, false, this.patience, this.sleep);
	}

}
