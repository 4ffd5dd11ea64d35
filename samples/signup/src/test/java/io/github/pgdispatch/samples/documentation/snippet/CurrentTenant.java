package io.github.pgdispatch.samples.documentation.snippet;

import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.TenantContext;
import org.jspecify.annotations.Nullable;

import org.springframework.stereotype.Component;

@Component
class CurrentTenant implements TenantContext {

	private final ThreadLocal<@Nullable Object> tenant = new ThreadLocal<>();

	@Override
	public @Nullable Object current() {
		return this.tenant.get();
	}

	@Override
	public DispatchPropagator.Scope open(@Nullable Object tenant) {
		Object before = this.tenant.get();
		this.tenant.set(tenant);
		return () -> this.tenant.set(before);
	}

}
