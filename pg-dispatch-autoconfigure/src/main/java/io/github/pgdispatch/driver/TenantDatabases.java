package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.gateway.DatabaseIdentity;

/**
 * Makes sure that no two tenants have the same jobs, which could run under the wrong one.
 * Thread-safe.
 */
public final class TenantDatabases {

	private final Map<DatabaseIdentity, Tenant> tenants = new ConcurrentHashMap<>();

	/**
	 * Requires that the database of a tenant is not that of another one.
	 * @param tenant the tenant
	 * @param dataSource that connects to the database of the tenant
	 * @throws PgDispatchConfigurationException if it is that of another tenant
	 * @throws SQLException if the database cannot be asked
	 */
	public void requireOwn(Tenant tenant, DataSource dataSource) throws SQLException {
		Tenant other = this.tenants.putIfAbsent(DatabaseIdentity.of(dataSource), tenant);
		if (other != null && !other.equals(tenant)) {
			throw new PgDispatchConfigurationException(
					"The tenants " + other + " and " + tenant
							+ " have the same database and role, so that their jobs cannot be told apart.",
					"Give each tenant a database or a role of its own. If all tenants share one database, remove the bean"
							+ " of type TenantContext, set pgdispatch.allow-routing-data-source=true, and carry the"
							+ " tenant in a header.");
		}
	}

	/**
	 * Forgets all tenants but some.
	 * @param present the tenants that are there
	 */
	public void retain(Set<Tenant> present) {
		this.tenants.values().retainAll(present);
	}

}
