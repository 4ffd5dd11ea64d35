package io.github.pgdispatch.endpoint;

import org.springframework.boot.security.autoconfigure.actuate.web.servlet.EndpointRequest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpMethod;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.server.SecurityWebFilterChain;

/**
 * What applications set up with Spring Security.
 */
final class EndpointSecurity {

	private EndpointSecurity() {
	}

	/**
	 * Users may read, and operators may make changes.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Roles {

		@Bean
		SecurityFilterChain operators(HttpSecurity http) {
			return http.securityMatcher(EndpointRequest.to("pgdispatch"))
				.authorizeHttpRequests((requests) -> requests.requestMatchers(HttpMethod.POST)
					.hasRole("OPERATOR")
					.anyRequest()
					.authenticated())
				.httpBasic(Customizer.withDefaults())
				.build();
		}

		/**
		 * Not Spring Security's own, which would encode the passwords at the first login,
		 * so that every request takes long.
		 */
		@Bean
		UserDetailsService users() {
			return (name) -> user(name, name.equals("olga") ? "OPERATOR" : "VIEWER");
		}

		private static UserDetails user(String name, String role) {
			return User.withUsername(name).password("{noop}" + name).roles(role).build();
		}

	}

	/**
	 * Everybody may do everything.
	 */
	@Configuration(proxyBeanMethods = false)
	static class None {

		@Bean
		SecurityFilterChain none(HttpSecurity http) {
			return http.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll())
				.csrf((csrf) -> csrf.disable())
				.build();
		}

	}

	/**
	 * Everybody may do everything, but for forged requests.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Csrf {

		@Bean
		SecurityFilterChain none(HttpSecurity http) {
			return http.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll()).build();
		}

	}

	/**
	 * Everybody may do everything with WebFlux, but for forged requests.
	 */
	@Configuration(proxyBeanMethods = false)
	static class NoneOfWebFlux {

		@Bean
		SecurityWebFilterChain none(ServerHttpSecurity http) {
			return http.authorizeExchange((requests) -> requests.anyExchange().permitAll()).build();
		}

	}

}
