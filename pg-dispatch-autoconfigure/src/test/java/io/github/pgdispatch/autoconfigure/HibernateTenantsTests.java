package io.github.pgdispatch.autoconfigure;

import java.util.HashMap;
import java.util.Map;

import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.TenantContext;
import io.github.pgdispatch.driver.Tenant;
import io.github.pgdispatch.driver.TenantPropagator;
import io.github.pgdispatch.testing.TestDispatchContext;
import org.hibernate.cfg.MultiTenancySettings;
import org.hibernate.context.spi.CurrentTenantIdentifierResolver;
import org.junit.jupiter.api.Test;

import org.springframework.boot.hibernate.autoconfigure.HibernatePropertiesCustomizer;
import org.springframework.stereotype.Component;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that Hibernate has the tenant of the job, as the page on tenants shows it.
 */
class HibernateTenantsTests {

	@Test
	void tenantOfHibernateIsThatOfTheJob() {
		TenantContext context = new ManyTenants.Context();
		HibernateTenants hibernate = new HibernateTenants(context);
		DispatchContext job = new TestDispatchContext();
		try (DispatchPropagator.Scope scope = new TenantPropagator(new Tenant(null, "acme"), context).extract(job)) {
			assertThat(hibernate.resolveCurrentTenantIdentifier()).isEqualTo("acme");
		}
		assertThat(hibernate.resolveCurrentTenantIdentifier()).isEqualTo("none");
		Map<String, Object> properties = new HashMap<>();
		hibernate.customize(properties);
		assertThat(properties).containsValue(hibernate);
	}

	@Component
	static class HibernateTenants implements CurrentTenantIdentifierResolver<Object>, HibernatePropertiesCustomizer {

		private final TenantContext tenants;

		HibernateTenants(TenantContext tenants) {
			this.tenants = tenants;
		}

		@Override
		public Object resolveCurrentTenantIdentifier() {
			Object tenant = this.tenants.current();
			return (tenant != null) ? tenant : "none";
		}

		@Override
		public boolean validateExistingCurrentSessions() {
			return true;
		}

		@Override
		public void customize(Map<String, Object> properties) {
			properties.put(MultiTenancySettings.MULTI_TENANT_IDENTIFIER_RESOLVER, this);
		}

	}

}
