package io.github.pgdispatch.driver;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * How a driver sleeps while there is nothing to do: without a connection, until a
 * transaction of its node has dispatched or a job of which it knows becomes due.
 *
 * @param pollInterval the longest time for which it sleeps, or {@code null} for no limit
 */
public record Sleep(@Nullable Duration pollInterval) {

	public Sleep {
		if (pollInterval != null) {
			DriverSettings.checkPollInterval(pollInterval);
		}
	}

}
