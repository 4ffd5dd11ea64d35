package io.github.pgdispatch.samples.documentation.snippet;

import java.util.Map;

import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.DispatchPropagator;

import org.springframework.stereotype.Component;

@Component
class TenantPropagator implements DispatchPropagator {

	@Override
	public void inject(Map<String, String> headers) {
		headers.put("tenant", Tenant.current());
	}

	@Override
	public Scope extract(DispatchContext context) {
		return Tenant.set(context.headers().get("tenant"))::reset;
	}

}
