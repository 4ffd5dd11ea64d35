package io.github.pgdispatch.autoconfigure;

import java.util.HashMap;
import java.util.Map;

import javax.sql.DataSource;

import io.github.pgdispatch.TenantContext;
import io.github.pgdispatch.driver.Tenant;
import io.github.pgdispatch.driver.TenantTargets;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

/**
 * The tenants of a {@code DataSource} that routes. The default target is one without a
 * key, unless it is also the target of a key.
 *
 * @param database the name of the {@code DataSource}, or {@code null} if it is the only
 * one
 * @param dataSource that routes
 * @param context knows the current tenant
 */
record RoutedTenants(@Nullable String database, AbstractRoutingDataSource dataSource,
		TenantContext context) implements TenantTargets {

	@Override
	public Map<Tenant, DataSource> all() {
		Map<Tenant, DataSource> all = new HashMap<>();
		this.dataSource.getResolvedDataSources()
			.forEach((key, target) -> all.put(new Tenant(this.database, key), target));
		DataSource standard = this.dataSource.getResolvedDefaultDataSource();
		if (standard != null && !all.containsValue(standard)) {
			all.put(new Tenant(this.database, null), standard);
		}
		return all;
	}

	@Override
	public @Nullable DataSource target(Tenant tenant) {
		DataSource target = this.dataSource.getResolvedDataSources().get(tenant.key());
		return (target != null || tenant.key() != null) ? target : this.dataSource.getResolvedDefaultDataSource();
	}

	/**
	 * Asked at each dispatch, and therefore looks at all tenants only if the current one
	 * has no target of its own.
	 */
	@Override
	public @Nullable Tenant current() {
		Object key = this.context.current();
		return this.dataSource.getResolvedDataSources().containsKey(key) ? new Tenant(this.database, key) : standard();
	}

	private @Nullable Tenant standard() {
		DataSource standard = this.dataSource.getResolvedDefaultDataSource();
		return all().entrySet()
			.stream()
			.filter((entry) -> entry.getValue() == standard)
			.map(Map.Entry::getKey)
			.findFirst()
			.orElse(null);
	}

}
