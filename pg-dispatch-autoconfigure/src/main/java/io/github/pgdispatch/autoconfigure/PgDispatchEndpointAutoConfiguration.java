package io.github.pgdispatch.autoconfigure;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

import io.github.pgdispatch.PgDispatchNode;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.annotation.HandlerMethods;
import io.github.pgdispatch.driver.ObservedDriver;
import io.github.pgdispatch.endpoint.AttemptCounter;
import io.github.pgdispatch.endpoint.CsrfHeader;
import io.github.pgdispatch.endpoint.CsrfHeaders;
import io.github.pgdispatch.endpoint.EndpointDatabase;
import io.github.pgdispatch.endpoint.OperatorActions;
import io.github.pgdispatch.endpoint.PgDispatchEndpoint;
import io.github.pgdispatch.endpoint.ReactiveOverview;
import io.github.pgdispatch.endpoint.ThisNode;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.EndpointAccessResolver;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication.Type;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.security.web.csrf.CsrfToken;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.filter.RequestContextFilter;
import org.springframework.web.filter.reactive.ServerWebExchangeContextFilter;

/**
 * Auto-configuration for {@link PgDispatchEndpoint}. Without Actuator, or if the endpoint
 * is not exposed, there is nothing of it.
 */
@AutoConfiguration(after = PgDispatchAutoConfiguration.class)
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnAvailableEndpoint(PgDispatchEndpoint.class)
@ConditionalOnBean(PgDispatchOperations.class)
@Import(DatabaseBeans.class)
@EnableConfigurationProperties(PgDispatchEndpointProperties.class)
public final class PgDispatchEndpointAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	PgDispatchEndpoint pgDispatchEndpoint(ObjectProvider<EndpointDatabase> databases,
			ObjectProvider<EndpointTenants> tenants, EndpointAccessResolver access,
			PgDispatchEndpointProperties properties, ObjectProvider<CsrfHeaders> csrf) {
		WebEndpoint endpoint = Objects.requireNonNull(PgDispatchEndpoint.class.getAnnotation(WebEndpoint.class));
		boolean writable = access.accessFor(EndpointId.of(endpoint.id()),
				endpoint.defaultAccess()) == Access.UNRESTRICTED;
		return new PgDispatchEndpoint(() -> databases(databases.stream(), tenants.getIfAvailable()),
				new PgDispatchEndpoint.Settings(writable, properties.ui().enabled(),
						(user) -> properties.showValues().isShown(user, properties.roles()),
						() -> current(csrf.getIfAvailable())));
	}

	/**
	 * Returns the databases, with those of the tenants in the place of the one that
	 * routes to them.
	 */
	private static List<EndpointDatabase> databases(Stream<EndpointDatabase> databases,
			@Nullable EndpointTenants tenants) {
		return databases.flatMap((database) -> (tenants != null && tenants.routing() == database) ? tenants.databases()
				: Stream.of(database))
			.toList();
	}

	private static @Nullable CsrfHeader current(@Nullable CsrfHeaders headers) {
		return (headers != null) ? headers.current() : null;
	}

	@Bean
	@ForEachDatabase
	EndpointDatabase pgDispatchEndpointDatabase(SelectedDataSource dataSource, PgDispatchOperations operations,
			PgDispatchTemplate template, ThisNode node, OperatorActions actions) {
		return new EndpointDatabase(dataSource.database(), operations, template, node, actions);
	}

	@Bean
	@ForEachDatabase
	@Conditional(OnTenants.class)
	EndpointTenants pgDispatchEndpointTenants(EndpointDatabase database, RoutedTenants tenants) {
		return new EndpointTenants(database, tenants);
	}

	@Bean
	@ForEachDatabase
	ThisNode pgDispatchThisNode(PgDispatchNode node, SelectedDataSource dataSource, ListableBeanFactory beanFactory,
			ObjectProvider<HandlerMethods> handlers, AttemptCounter attempts) {
		return new ThisNode(node, () -> DatabaseBeans.ownBeans(ObservedDriver.class, dataSource, beanFactory),
				() -> names(handlers.getIfAvailable()), attempts);
	}

	@Bean
	@ForEachDatabase
	AttemptCounter pgDispatchAttemptCounter() {
		return new AttemptCounter();
	}

	private static Set<String> names(@Nullable HandlerMethods handlers) {
		return (handlers != null) ? handlers.handlers().names() : Set.of();
	}

	@Bean
	@ForEachDatabase
	OperatorActions pgDispatchOperatorActions(SelectedDataSource dataSource, TransactionManagers transactionManagers,
			ApplicationEventPublisher publisher) {
		return new OperatorActions(dataSource.get(), transactionManagers.select(dataSource.get()), publisher);
	}

	/**
	 * Configuration for the protection of changes by Spring Security, with servlets.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = Type.SERVLET)
	@ConditionalOnClass({ CsrfToken.class, RequestContextHolder.class })
	static class CsrfConfiguration {

		@Bean
		CsrfHeaders pgDispatchCsrfHeaders() {
			return new CsrfHeaders();
		}

		/**
		 * Jersey does not tell the current request, as Spring MVC does.
		 */
		@Bean
		@ConditionalOnMissingClass("org.springframework.web.servlet.DispatcherServlet")
		@ConditionalOnMissingBean
		RequestContextFilter pgDispatchRequestContextFilter() {
			return new RequestContextFilter();
		}

	}

	/**
	 * Configuration for the protection of changes by Spring Security, with WebFlux.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnWebApplication(type = Type.REACTIVE)
	@ConditionalOnClass(org.springframework.security.web.server.csrf.CsrfToken.class)
	static class ReactiveCsrfConfiguration {

		@Bean
		@ConditionalOnMissingBean
		ServerWebExchangeContextFilter pgDispatchExchangeContextFilter() {
			return new ServerWebExchangeContextFilter();
		}

		@Bean
		ReactiveOverview pgDispatchReactiveOverview(PgDispatchEndpoint endpoint) {
			return new ReactiveOverview(endpoint);
		}

	}

}
