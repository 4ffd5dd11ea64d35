package io.github.pgdispatch.driver;

import java.time.Duration;

import org.springframework.util.Assert;

/**
 * Settings of {@link TenantDrivers}.
 *
 * @param concurrency maximum number of tenants that are visited at once
 * @param interval the longest time between two visits of a tenant
 * @param shutdownTime the longest time that a stop waits for running jobs
 */
public record TenantSettings(int concurrency, Duration interval, Duration shutdownTime) {

	public TenantSettings {
		Assert.isTrue(concurrency > 0, () -> "The number of tenants at once must be positive, but is " + concurrency);
		DriverSettings.checkLength("The interval", interval);
		Assert.isTrue(interval.toMillis() > 0, () -> "The interval must be positive, but is " + interval);
	}

}
