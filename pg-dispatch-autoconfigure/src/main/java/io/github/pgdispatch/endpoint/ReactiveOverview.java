package io.github.pgdispatch.endpoint;

import java.util.Optional;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;
import org.springframework.security.web.server.csrf.CsrfToken;
import org.springframework.web.filter.reactive.ServerWebExchangeContextFilter;

/**
 * The overview of {@link PgDispatchEndpoint} with WebFlux. Spring Security has a token in
 * the exchange there, which a thread that may wait does not know. Thread-safe.
 */
@EndpointWebExtension(endpoint = PgDispatchEndpoint.class)
public final class ReactiveOverview {

	private final PgDispatchEndpoint endpoint;

	/**
	 * Creates an extension.
	 * @param endpoint that is extended
	 */
	public ReactiveOverview(PgDispatchEndpoint endpoint) {
		this.endpoint = endpoint;
	}

	/**
	 * Tells what the endpoint tells, and the header with which the user has to send a
	 * change.
	 * @param securityContext the user
	 * @param database the name of the database
	 * @return the answer, for which another thread asks the database
	 */
	@ReadOperation
	public Mono<WebEndpointResponse<Object>> overview(SecurityContext securityContext, @Nullable String database) {
		return csrf().map(Optional::of)
			.defaultIfEmpty(Optional.empty())
			.publishOn(Schedulers.boundedElastic())
			.map((csrf) -> this.endpoint.overview(securityContext, database, csrf.orElse(null)));
	}

	private static Mono<CsrfHeader> csrf() {
		return Mono.deferContextual((context) -> ServerWebExchangeContextFilter.getExchange(context)
			.map((exchange) -> exchange.<Mono<CsrfToken>>getAttributeOrDefault(CsrfToken.class.getName(), Mono.empty()))
			.orElse(Mono.empty())
			.map((token) -> new CsrfHeader(token.getHeaderName(), token.getToken())));
	}

}
