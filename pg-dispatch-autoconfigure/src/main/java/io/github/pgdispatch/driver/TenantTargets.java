package io.github.pgdispatch.driver;

import java.util.Map;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

/**
 * The tenants and their databases, which may change at any time. Thread-safe.
 */
public interface TenantTargets {

	/**
	 * Returns all tenants.
	 * @return the tenants, each with the {@code DataSource} of its database
	 */
	Map<Tenant, DataSource> all();

	/**
	 * Returns the database of a tenant.
	 * @param tenant the tenant
	 * @return the {@code DataSource} of its database, or {@code null} if it has none
	 */
	@Nullable DataSource target(Tenant tenant);

	/**
	 * Returns the tenant of the current thread.
	 * @return the tenant, or {@code null} if there is none
	 */
	@Nullable Tenant current();

}
