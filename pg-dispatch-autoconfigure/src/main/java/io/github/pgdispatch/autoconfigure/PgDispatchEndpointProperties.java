package io.github.pgdispatch.autoconfigure;

import java.util.Set;

import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Properties for the Actuator endpoint.
 *
 * @param showValues When to show commands, arguments, headers and details of errors
 * @param roles Roles used to determine whether a user is authorized to be shown values.
 * When empty, all authenticated users are authorized
 * @param ui Dashboard of the endpoint
 */
@ConfigurationProperties("management.endpoint.pgdispatch")
record PgDispatchEndpointProperties(@DefaultValue("never") Show showValues, @DefaultValue Set<String> roles,
		@DefaultValue Ui ui) {

	/**
	 * Dashboard of the endpoint.
	 *
	 * @param enabled Whether the endpoint has the dashboard, which is a web page
	 */
	record Ui(@DefaultValue("false") boolean enabled) {

	}

}
