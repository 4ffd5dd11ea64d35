package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.TenantContext;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.NoneNestedConditions;

/**
 * Matches unless the application has a database for each tenant.
 */
final class OnNoTenants extends NoneNestedConditions {

	OnNoTenants() {
		super(ConfigurationPhase.REGISTER_BEAN);
	}

	@ConditionalOnBean(TenantContext.class)
	static class OnTenants {

	}

}
