package io.github.pgdispatch.autoconfigure;

import java.util.Comparator;
import java.util.stream.Stream;

import io.github.pgdispatch.driver.Tenant;
import io.github.pgdispatch.endpoint.EndpointDatabase;

/**
 * The databases of the tenants, which the endpoint shows.
 *
 * @param routing stands for the database of the current tenant
 * @param tenants of the application, which may change at any time
 */
record EndpointTenants(EndpointDatabase routing, RoutedTenants tenants) {

	/**
	 * Returns the databases of all tenants, in the order of their names.
	 */
	Stream<EndpointDatabase> databases() {
		return this.tenants.all()
			.keySet()
			.stream()
			.sorted(Comparator.comparing(Tenant::toString))
			.map((tenant) -> this.routing.of(tenant.toString(), () -> this.tenants.context().open(tenant.key())));
	}

}
