package io.github.pgdispatch.autoconfigure;

import java.util.concurrent.CompletableFuture;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.DispatchDefaults;
import io.github.pgdispatch.DispatchListener;
import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.JobResults;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.TenantContext;
import io.github.pgdispatch.annotation.DeclaredSchedules;
import io.github.pgdispatch.annotation.HandlerMethods;
import io.github.pgdispatch.driver.DriverListener;
import io.github.pgdispatch.driver.TenantDrivers;
import io.github.pgdispatch.driver.TenantSettings;
import io.github.pgdispatch.handler.HandlerInvocations;
import io.github.pgdispatch.handler.LosslessMapper;
import io.github.pgdispatch.handler.StepFactory;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.task.SimpleAsyncTaskExecutorBuilder;
import org.springframework.boot.task.ThreadPoolTaskExecutorBuilder;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;

/**
 * Configuration for a database for each tenant, which takes the place of what one
 * database has.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBean(TenantContext.class)
@EnableConfigurationProperties(PgDispatchSchemaProperties.class)
class TenantConfiguration {

	@Bean
	RoutedTenants pgDispatchTenants(ObjectProvider<SelectedDataSource> dataSource, TenantContext context) {
		SelectedDataSource only = dataSource.getIfUnique();
		if (only == null) {
			throw new PgDispatchConfigurationException(
					"There is a bean of type TenantContext, and several DataSources are marked with"
							+ " @PgDispatchDataSource.",
					"Mark only the DataSource that routes to the databases of the tenants.");
		}
		return new RoutedTenants(RoutingDataSources.require(only.get()), context);
	}

	@Bean
	TenantSchemas pgDispatchTenantSchemas(RoutedTenants tenants, PgDispatchProperties properties,
			PgDispatchSchemaProperties schema, DeclaredSchedules schedules, DispatchDefaults defaults,
			ResourceLoader resourceLoader) {
		return new TenantSchemas(tenants, properties, schema, schedules::read, defaults, resourceLoader);
	}

	/**
	 * Whoever waits for a result would need a connection for each tenant.
	 */
	@Bean("pgDispatchResults")
	@ConditionalOnMissingBean
	JobResults pgDispatchNoResults() {
		return (id) -> CompletableFuture.failedFuture(new UnsupportedOperationException(
				"With a database for each tenant, nobody can wait for the result of a job. Ask for it with"
						+ " PgDispatchOperations, while its tenant is the current one"));
	}

	/**
	 * Configuration for the workers of this node, which need a pool and a mapper.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ HikariDataSource.class, JsonMapper.class })
	@ConditionalOnBooleanProperty(name = "pgdispatch.worker.enabled", matchIfMissing = true)
	static class WorkerConfiguration {

		@Bean
		WorkerThreads pgDispatchWorkerThreads(Environment environment,
				ObjectProvider<ThreadPoolTaskExecutorBuilder> platform,
				ObjectProvider<SimpleAsyncTaskExecutorBuilder> virtual) {
			return new WorkerThreads(null, environment, platform, virtual);
		}

		@Bean
		TenantNodes pgDispatchTenantNodes(RoutedTenants tenants, TenantSchemas schemas, SelectedDataSource dataSource,
				@PgDispatchWorkerDataSource ObjectProvider<DataSource> theOnesMarkedForWorkers, HandlerMethods handlers,
				DeclaredSchedules schedules, ObjectProvider<LosslessMapper> mapper, HandlerInvocations invocations,
				StepFactory steps, ObjectProvider<DispatchPropagator> propagators,
				ObjectProvider<DriverListener> listeners, ApplicationEventPublisher publisher,
				PgDispatchProperties properties, WorkerThreads threads, Environment environment) {
			PgDispatchProperties.Worker.Datasource login = properties.worker().datasource();
			if (login.url() != null || login.username() != null || login.password() != null
					|| theOnesMarkedForWorkers.stream().findAny().isPresent()) {
				throw new PgDispatchConfigurationException(
						"There is a bean of type TenantContext, and pgdispatch.worker.datasource.* or"
								+ " @PgDispatchWorkerDataSource say how workers connect to only one database.",
						"Remove these properties and that annotation, and let each target of the DataSource connect as its"
								+ " workers are to connect.");
			}
			return new TenantNodes(tenants.context(), schemas, dataSource.get(),
					new TickingHandlers(handlers::handlers, () -> properties.cronSchedules() || schedules.haveCron(),
							dataSource.get(), mapper::getObject),
					invocations, steps, propagators, listeners, publisher, properties, threads.executor(),
					WorkerShutdown.of(environment));
		}

		@Bean
		TenantDrivers pgDispatchTenantDrivers(RoutedTenants tenants, TenantNodes nodes, PgDispatchProperties properties,
				WorkerThreads threads, Environment environment) {
			return new TenantDrivers(tenants, nodes::create, settings(properties.tenants(), environment),
					threads.factory());
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

		@Bean
		DispatchListener pgDispatchDriver(TenantDrivers drivers) {
			return drivers.listener(JobKind.SQL);
		}

		@Bean
		DispatchListener pgDispatchHandlerDriver(TenantDrivers drivers) {
			return drivers.listener(JobKind.HANDLER);
		}

		@Bean
		HandlerDriverOrder pgDispatchHandlerDriverOrder(ConfigurableListableBeanFactory beanFactory,
				Environment environment) {
			return new HandlerDriverOrder(beanFactory, "pgDispatchHandlerDriverOrder",
					WorkerShutdown.of(environment).phase().toMillis());
		}

	}

}
