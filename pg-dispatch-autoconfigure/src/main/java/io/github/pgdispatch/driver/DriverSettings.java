package io.github.pgdispatch.driver;

import java.time.Duration;

import io.github.pgdispatch.gateway.Durations;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Settings of an {@link ApplicationDriver}.
 *
 * @param threads maximum number of SQL jobs that this node runs at once
 * @param pollInterval the longest time between two looks at the queue
 * @param listen whether dispatches from elsewhere notify this node
 * @param sleep how the driver sleeps, or {@code null} if it stays awake
 */
public record DriverSettings(int threads, Duration pollInterval, boolean listen, @Nullable Sleep sleep) {

	public DriverSettings {
		Assert.isTrue(threads > 0, () -> "The number of threads must be positive, but is " + threads);
		checkPollInterval(pollInterval);
	}

	/**
	 * Creates settings of a driver that stays awake.
	 * @param threads maximum number of SQL jobs that this node runs at once
	 * @param pollInterval the longest time between two looks at the queue
	 * @param listen whether dispatches from elsewhere notify this node
	 */
	public DriverSettings(int threads, Duration pollInterval, boolean listen) {
		this(threads, pollInterval, listen, null);
	}

	static void checkPollInterval(Duration pollInterval) {
		checkLength("The poll interval", pollInterval);
		Assert.isTrue(pollInterval.toMillis() > 0, () -> "The poll interval must be positive, but is " + pollInterval);
	}

	static void checkLength(String what, Duration duration) {
		Assert.isTrue(duration.compareTo(Durations.MAX) <= 0,
				() -> what + " must be at most " + Durations.MAX.toDays() + " days, but is " + duration);
	}

}
