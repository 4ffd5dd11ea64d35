package io.github.pgdispatch.autoconfigure;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.DispatchDefaults;
import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.TenantContext;
import io.github.pgdispatch.annotation.DeclaredSchedules;
import io.github.pgdispatch.annotation.HandlerMethods;
import io.github.pgdispatch.driver.DriverListener;
import io.github.pgdispatch.driver.TenantDrivers;
import io.github.pgdispatch.driver.TenantListener;
import io.github.pgdispatch.driver.TenantSettings;
import io.github.pgdispatch.handler.HandlerInvocations;
import io.github.pgdispatch.handler.LosslessMapper;
import io.github.pgdispatch.handler.StepFactory;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;

/**
 * Configuration for a database for each tenant, which takes the place of what one
 * database has.
 */
@Configuration(proxyBeanMethods = false)
@Conditional(OnTenants.class)
class TenantConfiguration {

	@Bean
	@ForEachDatabase
	RoutedTenants pgDispatchTenants(SelectedDataSource dataSource, TenantContext context) {
		return new RoutedTenants(dataSource.database(), RoutingDataSources.require(dataSource.get()), context);
	}

	@Bean
	@ForEachDatabase
	TenantSchemas pgDispatchTenantSchemas(RoutedTenants tenants, SelectedDataSource dataSource,
			DeclaredSchedules schedules, DispatchDefaults defaults, ResourceLoader resourceLoader) {
		return new TenantSchemas(tenants, dataSource.properties(), schedules::read, defaults, resourceLoader);
	}

	/**
	 * Configuration for the workers of this node, which need a pool and a mapper.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ HikariDataSource.class, JsonMapper.class })
	@Conditional(OnWorkers.class)
	static class WorkerConfiguration {

		@Bean
		@ForEachDatabase
		TenantNodes pgDispatchTenantNodes(RoutedTenants tenants, TenantSchemas schemas, SelectedDataSource dataSource,
				WorkerDataSource workers, HandlerMethods handlers, DeclaredSchedules schedules,
				ObjectProvider<LosslessMapper> mapper, HandlerInvocations invocations, StepFactory steps,
				ObjectProvider<DispatchPropagator> propagators, ListableBeanFactory beanFactory,
				ApplicationEventPublisher publisher, PgDispatchProperties properties, WorkerThreads threads,
				Environment environment) {
			if (workers.isGeneral() || !WorkerLogin.of(dataSource.properties()).isSame()) {
				throw new PgDispatchConfigurationException(
						"There is a bean of type TenantContext, and pgdispatch.worker.datasource.* or"
								+ " @PgDispatchWorkerDataSource say how workers connect to only one database.",
						"Remove these properties and that annotation, and let each target of the DataSource connect as its"
								+ " workers are to connect.");
			}
			return new TenantNodes(tenants.context(), schemas, dataSource.get(),
					new TickingHandlers(handlers::handlers, () -> properties.cronSchedules() || schedules.haveCron(),
							dataSource.get(), mapper::getObject),
					invocations, steps, propagators,
					() -> DatabaseBeans.ownBeans(DriverListener.class, dataSource, beanFactory), publisher,
					dataSource.properties(), threads.executor(), WorkerShutdown.of(environment));
		}

		@Bean
		@ForEachDatabase
		TenantDrivers pgDispatchTenantDrivers(RoutedTenants tenants, TenantNodes nodes, PgDispatchProperties properties,
				ObjectProvider<TenantListener> listener, WorkerThreads threads, Environment environment) {
			return new TenantDrivers(tenants, nodes::create, settings(properties.tenants(), environment),
					() -> listener.getIfAvailable(TenantListener::none), threads.factory());
		}

		private static TenantSettings settings(PgDispatchProperties.Tenants tenants, Environment environment) {
			try {
				return new TenantSettings(tenants.concurrency(), tenants.interval(),
						WorkerShutdown.of(environment).phase());
			}
			catch (IllegalArgumentException ex) {
				throw new PgDispatchConfigurationException(
						"The properties for tenants are invalid: " + ex.getMessage() + ".",
						"Correct the properties pgdispatch.tenants.*.");
			}
		}

	}

}
