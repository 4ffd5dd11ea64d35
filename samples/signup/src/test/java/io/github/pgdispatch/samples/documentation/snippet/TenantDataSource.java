package io.github.pgdispatch.samples.documentation.snippet;

import java.util.Map;

import io.github.pgdispatch.TenantContext;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

class TenantDataSource extends AbstractRoutingDataSource {

	private final TenantContext tenants;

	TenantDataSource(TenantContext tenants, Map<Object, Object> targets) {
		this.tenants = tenants;
		setTargetDataSources(targets);
	}

	@Override
	protected @Nullable Object determineCurrentLookupKey() {
		return this.tenants.current();
	}

}
