package io.github.pgdispatch.samples.documentation.snippet;

import io.github.pgdispatch.observability.DefaultDispatchObservationConvention;
import io.github.pgdispatch.observability.DispatchObservationContext;
import io.micrometer.common.KeyValues;

import org.springframework.stereotype.Component;

@Component
class TenantConvention extends DefaultDispatchObservationConvention {

	@Override
	public KeyValues getLowCardinalityKeyValues(DispatchObservationContext context) {
		return super.getLowCardinalityKeyValues(context).and("tenant", Tenant.current());
	}

}
