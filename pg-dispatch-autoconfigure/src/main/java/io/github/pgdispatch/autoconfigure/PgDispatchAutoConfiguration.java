package io.github.pgdispatch.autoconfigure;

import java.util.Objects;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.BackOff;
import io.github.pgdispatch.DispatchDefaults;
import io.github.pgdispatch.DispatchListener;
import io.github.pgdispatch.DispatchObserver;
import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.IdempotencyKeyInterceptor;
import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.JobResults;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchNode;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.annotation.AfterCommitDispatchPostProcessor;
import io.github.pgdispatch.annotation.DeclaredSchedules;
import io.github.pgdispatch.annotation.HandlerMethods;
import io.github.pgdispatch.autoconfigure.DatabaseProperties.Transaction;
import io.github.pgdispatch.autoconfigure.DatabaseProperties.Worker;
import io.github.pgdispatch.driver.ApplicationDriver;
import io.github.pgdispatch.driver.Drainable;
import io.github.pgdispatch.driver.DrainableNode;
import io.github.pgdispatch.driver.DriverListener;
import io.github.pgdispatch.driver.DriverSettings;
import io.github.pgdispatch.driver.HandlerDriver;
import io.github.pgdispatch.driver.HandlerSettings;
import io.github.pgdispatch.driver.PgCron;
import io.github.pgdispatch.driver.ResultWatch;
import io.github.pgdispatch.driver.TenantDrivers;
import io.github.pgdispatch.driver.TenantResults;
import io.github.pgdispatch.driver.WorkerRole;
import io.github.pgdispatch.handler.CurrentStep;
import io.github.pgdispatch.handler.HandlerInvocations;
import io.github.pgdispatch.handler.LosslessMapper;
import io.github.pgdispatch.handler.StepFactory;
import io.github.pgdispatch.observability.DriverEventPublisher;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.boot.task.SimpleAsyncTaskExecutorBuilder;
import org.springframework.boot.task.ThreadPoolTaskExecutorBuilder;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.transaction.ConfigurableTransactionManager;

/**
 * Auto-configuration for {@link PgDispatchTemplate}, {@link AfterCommitDispatch} and the
 * driver of the jobs: the application, pg_cron, or both.
 */
@AutoConfiguration(
		after = { PgDispatchSchemaAutoConfiguration.class, DataSourceTransactionManagerAutoConfiguration.class },
		afterName = "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration")
@ConditionalOnBean(DataSource.class)
@EnableConfigurationProperties(PgDispatchProperties.class)
@Import({ SelectedDataSource.class, TransactionManagers.class, DatabaseBeans.class, TenantConfiguration.class })
@ImportRuntimeHints(PgDispatchRuntimeHints.class)
public final class PgDispatchAutoConfiguration {

	/**
	 * Without workers or without Jackson, there is no driver for handlers on this node.
	 * The bean is looked up by its name, because its class cannot be loaded without
	 * Jackson.
	 */
	@Bean
	@ForEachDatabase(current = "template")
	@ConditionalOnMissingBean
	@DependsOnDatabaseInitialization
	PgDispatchTemplate pgDispatchTemplate(SelectedDataSource dataSource, TransactionManagers transactionManagers,
			@Qualifier("pgDispatchDriver") @Nullable DispatchListener driver,
			@Qualifier("pgDispatchHandlerDriver") @Nullable DispatchListener handlerDriver,
			@Qualifier("pgDispatchTenantDrivers") @Nullable TenantDrivers tenantDrivers,
			@Qualifier("pgDispatchTenantSchemas") @Nullable TenantSchemas tenantSchemas, JobResults results,
			ObjectProvider<DispatchPropagator> propagators, ObjectProvider<DispatchObserver> observer,
			DispatchDefaults defaults) {
		DatabaseProperties properties = dataSource.properties();
		PgDispatchTemplate.Builder builder = PgDispatchTemplate
			.builder(dataSource.get(), transactionManagers.select(dataSource.get()))
			.transactionRequired(properties.transaction() == Transaction.REQUIRED)
			.results(results)
			.propagator(DispatchPropagator.of(propagators.orderedStream().toList()))
			.traceComment(properties.observations().sqlComment())
			.defaults(defaults);
		observer.ifAvailable(builder::observer);
		if (driver != null) {
			builder.listener(driver);
		}
		if (handlerDriver != null) {
			builder.handlerListener(handlerDriver);
		}
		if (tenantDrivers != null) {
			builder.listener(tenantDrivers.listener(JobKind.SQL));
			builder.handlerListener(tenantDrivers.listener(JobKind.HANDLER));
		}
		return ready(PgDispatchTemplate.class, builder.build(), tenantSchemas);
	}

	/**
	 * Returns a bean that makes the database of the current tenant ready, if there are
	 * tenants.
	 */
	private static <T> T ready(Class<T> type, T bean, @Nullable TenantSchemas schemas) {
		return (schemas != null) ? schemas.guard(type, bean) : bean;
	}

	@Bean
	DispatchDefaults pgDispatchDefaults(PgDispatchProperties properties) {
		PgDispatchProperties.Retry retry = properties.retry();
		try {
			return new DispatchDefaults(retry.maxAttempts(),
					new BackOff(retry.backOff(), retry.backOffMultiplier(), retry.maxBackOff()),
					properties.timeLimit());
		}
		catch (IllegalArgumentException ex) {
			throw new PgDispatchConfigurationException(
					"The properties for attempts of jobs are invalid: " + ex.getMessage() + ".",
					"Correct the properties pgdispatch.retry.* or pgdispatch.time-limit.");
		}
	}

	@Bean
	@ForEachDatabase(current = "operations")
	@ConditionalOnMissingBean
	@DependsOnDatabaseInitialization
	PgDispatchOperations pgDispatchOperations(SelectedDataSource dataSource, TransactionManagers transactionManagers,
			@Qualifier("pgDispatchTenantSchemas") @Nullable TenantSchemas tenantSchemas) {
		return ready(PgDispatchOperations.class,
				PgDispatchOperations.create(dataSource.get(), transactionManagers.select(dataSource.get())),
				tenantSchemas);
	}

	/**
	 * A node without workers has one, too, so that it can be injected anywhere.
	 */
	@Bean
	@ConditionalOnMissingBean
	PgDispatchNode pgDispatchNode(ObjectProvider<Drainable> drivers) {
		return new DrainableNode(() -> drivers.orderedStream().toList());
	}

	@Bean
	@ForEachDatabase
	@Conditional(OnNoTenants.class)
	@DependsOnDatabaseInitialization
	ConfiguredHistory pgDispatchConfiguredHistory(SelectedDataSource dataSource, PgDispatchOperations operations) {
		return new ConfiguredHistory(dataSource.properties(), operations);
	}

	@Bean
	@ForEachDatabase
	@Conditional(OnNoTenants.class)
	@DependsOnDatabaseInitialization
	ConfiguredQueues pgDispatchConfiguredQueues(SelectedDataSource dataSource, PgDispatchOperations operations) {
		return new ConfiguredQueues(dataSource.properties().queues(), operations);
	}

	@Bean
	DeclaredSchedules pgDispatchDeclaredSchedules(ConfigurableListableBeanFactory beanFactory,
			ObjectProvider<HandlerMethods> handlers) {
		return new DeclaredSchedules(beanFactory, handlers::getObject);
	}

	@Bean
	@ForEachDatabase
	@Conditional(OnNoTenants.class)
	@DependsOnDatabaseInitialization
	ConfiguredSchedules pgDispatchConfiguredSchedules(DeclaredSchedules schedules, SelectedDataSource dataSource,
			PgDispatchTemplate template, PgDispatchOperations operations, ListableBeanFactory beanFactory) {
		return new ConfiguredSchedules(() -> ConfiguredSchedules.of(schedules.read(), dataSource.database(),
				beanFactory.getBeanProvider(SelectedDataSource.class)
					.stream()
					.map(SelectedDataSource::database)
					.filter(Objects::nonNull)
					.toList()),
				template, operations);
	}

	/**
	 * A node without workers only has the connections of the application, and does not
	 * keep one of them to be notified.
	 */
	@Bean
	@ForEachDatabase(current = "results")
	@ConditionalOnMissingBean
	@DependsOnDatabaseInitialization
	JobResults pgDispatchResults(SelectedDataSource dataSource,
			@Qualifier("pgDispatchWorkerConnections") @Nullable WorkerConnections connections,
			@Qualifier("pgDispatchWorkerThreads") @Nullable WorkerThreads workers,
			@Qualifier("pgDispatchTenants") @Nullable RoutedTenants tenants) {
		CustomizableThreadFactory daemons = new CustomizableThreadFactory("pg-dispatch-");
		daemons.setDaemon(true);
		ThreadFactory threads = (workers != null) ? workers.factory() : daemons;
		Worker worker = dataSource.properties().worker();
		if (tenants != null) {
			return new TenantResults(tenants, threads);
		}
		return settings(() -> (connections != null)
				? new ResultWatch(connections.dataSource(), threads, worker.pollIntervalAwake(), worker.listen())
				: new ResultWatch(dataSource.get(), threads, worker.pollIntervalAwake(), false));
	}

	@Bean
	static AfterCommitDispatchPostProcessor afterCommitDispatchPostProcessor(
			ObjectProvider<PgDispatchTemplate> template, ObjectProvider<JobResults> results,
			ObjectProvider<HandlerMethods> handlers, ObjectProvider<HandlerInvocations> invocations,
			ObjectProvider<LosslessMapper> mapper, Environment environment) {
		return new AfterCommitDispatchPostProcessor(template::getObject, results::getObject, handlers::getObject,
				invocations::getObject, mapper::getObject,
				environment.getProperty("spring.aop.proxy-target-class", Boolean.class, true));
	}

	@Bean
	@ForEachDatabase
	@Conditional(OnNoTenants.class)
	@DependsOnDatabaseInitialization
	ChosenDriver pgDispatchChosenDriver(@Qualifier("pgDispatchDriver") @Nullable DispatchListener application,
			SelectedDataSource dataSource) {
		return new ChosenDriver(dataSource.properties().driver(), application != null, new PgCron(dataSource.get()),
				dataSource.database());
	}

	private static <T> T settings(Supplier<T> settings) {
		try {
			return settings.get();
		}
		catch (IllegalArgumentException ex) {
			throw new PgDispatchConfigurationException(
					"The properties of the workers of this node are invalid: " + ex.getMessage() + ".",
					"Correct the properties pgdispatch.worker.*.");
		}
	}

	/**
	 * Configuration for methods whose body jobs run.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(JsonMapper.class)
	static class HandlerConfiguration {

		@Bean
		HandlerInvocations pgDispatchHandlerInvocations() {
			return new HandlerInvocations();
		}

		/**
		 * Lazy, because an application with several mappers has to choose one only if it
		 * has handlers.
		 */
		@Bean
		@Lazy
		LosslessMapper pgDispatchMapper(ObjectProvider<JsonMapper> mapper) {
			return LosslessMapper.of(SelectedMapper.select(mapper));
		}

		/**
		 * Registers the invocations with the transaction manager when all beans exist, so
		 * that they are its last listener.
		 */
		@Bean
		@ForEachDatabase
		@DependsOnDatabaseInitialization
		SmartInitializingSingleton pgDispatchHandlerCompletion(SelectedDataSource dataSource,
				TransactionManagers transactionManagers, HandlerInvocations invocations) {
			return () -> {
				if (transactionManagers
					.select(dataSource.get()) instanceof ConfigurableTransactionManager configurable) {
					invocations.listenTo(configurable, dataSource.get());
				}
			};
		}

		@Bean
		CurrentStep pgDispatchCurrentStep() {
			return new CurrentStep();
		}

		@Bean
		@ForEachDatabase
		@DependsOnDatabaseInitialization
		StepFactory pgDispatchSteps(SelectedDataSource dataSource, TransactionManagers transactionManagers,
				ObjectProvider<LosslessMapper> mapper, CurrentStep current) {
			return StepFactory.inNewTransactions(mapper::getObject, current,
					transactionManagers.select(dataSource.get()));
		}

		@Bean
		HandlerMethods pgDispatchHandlerMethods(ConfigurableListableBeanFactory beanFactory,
				ObjectProvider<LosslessMapper> mapper, DispatchDefaults defaults) {
			return new HandlerMethods(beanFactory, mapper::getObject, defaults);
		}

	}

	/**
	 * Configuration for requests that steps send.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ JsonMapper.class, ClientHttpRequestInterceptor.class })
	static class IdempotencyKeyConfiguration {

		@Bean
		@ConditionalOnMissingBean
		IdempotencyKeyInterceptor pgDispatchIdempotencyKeyInterceptor(CurrentStep current) {
			return new IdempotencyKeyInterceptor(current::idempotencyKey);
		}

	}

	/**
	 * Configuration for the workers of this node.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(HikariDataSource.class)
	@Conditional(OnWorkers.class)
	@Import(WorkerDataSource.class)
	static class WorkerConfiguration {

		@Bean
		@ForEachDatabase
		@Conditional(OnNoTenants.class)
		WorkerConnections pgDispatchWorkerConnections(SelectedDataSource dataSource, WorkerDataSource workers) {
			int watches = 3;
			int claims = 1;
			return workers.connections(dataSource, dataSource.properties().worker().threads() + watches + claims);
		}

		/**
		 * The start waits only for what can make it fail, and not for a warning.
		 */
		@Bean
		@ForEachDatabase
		@Conditional(OnNoTenants.class)
		@DependsOnDatabaseInitialization
		SmartInitializingSingleton pgDispatchWorkerRole(SelectedDataSource dataSource, WorkerConnections connections,
				WorkerThreads threads) {
			WorkerRole role = new WorkerRole(dataSource.get(), connections.dataSource());
			return connections.areApart() ? role::requireSameDatabase
					: () -> threads.factory().newThread(role::compare).start();
		}

		@Bean
		@ForEachDatabase
		WorkerThreads pgDispatchWorkerThreads(SelectedDataSource dataSource, Environment environment,
				ObjectProvider<ThreadPoolTaskExecutorBuilder> platform,
				ObjectProvider<SimpleAsyncTaskExecutorBuilder> virtual) {
			return new WorkerThreads(dataSource.database(), environment, platform, virtual);
		}

		@Bean
		@ForEachDatabase
		@Conditional(OnNoTenants.class)
		DriverEventPublisher pgDispatchEventPublisher(SelectedDataSource dataSource,
				ApplicationEventPublisher publisher, WorkerThreads threads) {
			return new DriverEventPublisher(dataSource.database(), publisher, threads.factory());
		}

		@Bean
		@ForEachDatabase
		@Conditional({ OnNoTenants.class, OnApplicationDriver.class })
		@DependsOnDatabaseInitialization
		ApplicationDriver pgDispatchDriver(WorkerConnections connections, WorkerThreads threads,
				SelectedDataSource dataSource, ListableBeanFactory beanFactory) {
			Worker worker = dataSource.properties().worker();
			return new ApplicationDriver(connections.dataSource(), threads.factory(),
					settings(() -> new DriverSettings(worker.threads(), worker.pollIntervalAwake(), worker.listen(),
							worker.sleep())),
					() -> DatabaseBeans.ownBeans(DriverListener.class, dataSource, beanFactory));
		}

	}

	/**
	 * Configuration for the workers of this node that run methods.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ HikariDataSource.class, JsonMapper.class })
	@Conditional(OnWorkers.class)
	static class HandlerDriverConfiguration {

		@Bean
		@ForEachDatabase
		@Conditional(OnNoTenants.class)
		@DependsOnDatabaseInitialization
		HandlerDriver pgDispatchHandlerDriver(WorkerConnections connections, WorkerThreads threads,
				SelectedDataSource dataSource, HandlerMethods handlers, DeclaredSchedules schedules,
				ObjectProvider<LosslessMapper> mapper, HandlerInvocations invocations, StepFactory steps,
				ObjectProvider<DispatchPropagator> propagators, PgDispatchProperties properties,
				Environment environment, ListableBeanFactory beanFactory) {
			Worker worker = dataSource.properties().worker();
			return new HandlerDriver(connections.dataSource(), dataSource.get(),
					new TickingHandlers(handlers::handlers, () -> properties.cronSchedules() || schedules.haveCron(),
							dataSource.get(), mapper::getObject),
					invocations, steps, DispatchPropagator.of(propagators.orderedStream().toList()), threads.executor(),
					threads.factory(),
					settings(() -> new HandlerSettings(worker.concurrency(), worker.lease(), worker.pollIntervalAwake(),
							worker.listen(), WorkerShutdown.of(environment).patience(), worker.sleep())),
					() -> DatabaseBeans.ownBeans(DriverListener.class, dataSource, beanFactory));
		}

		@Bean
		HandlerDriverOrder pgDispatchHandlerDriverOrder(ConfigurableListableBeanFactory beanFactory,
				Environment environment) {
			return new HandlerDriverOrder(beanFactory, "pgDispatchHandlerDriverOrder",
					WorkerShutdown.of(environment).phase().toMillis());
		}

	}

}
