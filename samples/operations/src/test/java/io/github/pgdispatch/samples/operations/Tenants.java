package io.github.pgdispatch.samples.operations;

import java.sql.SQLException;
import java.time.Duration;

import io.github.pgdispatch.driver.Tenant;
import io.github.pgdispatch.observability.TenantMetrics;
import io.github.pgdispatch.observability.TenantStatuses;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * What an application with a database for each tenant tells of them.
 */
final class Tenants implements MeterBinder {

	private static final Tenant ACME = new Tenant(null, "acme");

	private final TenantStatuses statuses = new TenantStatuses(Duration.ofSeconds(1));

	@Override
	public void bindTo(MeterRegistry registry) {
		new TenantMetrics(null, this.statuses).bindTo(registry);
	}

	/**
	 * Tells what a node does that cannot reach the database of a tenant.
	 */
	void fail() {
		this.statuses.failed(ACME, new SQLException("Connection refused", "08001"));
	}

	void repair() {
		this.statuses.left(ACME);
	}

}
