package io.github.pgdispatch.autoconfigure;

import java.time.Duration;
import java.util.Collection;
import java.util.List;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.driver.DriverState;
import io.github.pgdispatch.driver.ObservedDriver;
import io.github.pgdispatch.driver.TenantDrivers;
import io.github.pgdispatch.observability.DriverActivity;
import io.github.pgdispatch.observability.DriverMetrics;
import io.github.pgdispatch.observability.PgDispatchHealthIndicator;
import io.github.pgdispatch.observability.QueueMetrics;
import io.github.pgdispatch.observability.StatusListener;
import io.github.pgdispatch.observability.StatusSampler;
import io.github.pgdispatch.observability.TenantHealthIndicator;
import io.github.pgdispatch.observability.TenantMetrics;
import io.github.pgdispatch.observability.TenantStatuses;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Auto-configuration for the health and the metrics of pg-dispatch. Without Spring Boot's
 * health and without Micrometer, there is nothing of it, and nothing is counted.
 */
@AutoConfiguration(after = PgDispatchAutoConfiguration.class,
		afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnBean(PgDispatchOperations.class)
@Import(DatabaseBeans.class)
public final class PgDispatchObservabilityAutoConfiguration {

	/**
	 * Counts the queue, if anybody wants to know. The visits of tenants have counted
	 * theirs.
	 */
	@Bean
	@ForEachDatabase
	@Conditional(OnObservedQueue.class)
	StatusSampler pgDispatchStatusSampler(PgDispatchOperations operations, @Nullable StatusListener listener,
			@Qualifier("pgDispatchTenantStatuses") @Nullable TenantStatuses tenants, SelectedDataSource dataSource,
			ListableBeanFactory beanFactory) {
		CustomizableThreadFactory threads = new CustomizableThreadFactory("pg-dispatch-status-");
		threads.setDaemon(true);
		return new StatusSampler((tenants != null) ? tenants::sum : operations::status,
				(listener != null) ? List.of(listener) : List.of(), interval(dataSource), threads,
				() -> sleeps(DatabaseBeans.ownBeans(ObservedDriver.class, dataSource, beanFactory)));
	}

	@Bean
	@ForEachDatabase
	@Conditional({ OnTenants.class, OnObservedQueue.class })
	TenantStatuses pgDispatchTenantStatuses(SelectedDataSource dataSource) {
		return new TenantStatuses(interval(dataSource));
	}

	private static Duration interval(SelectedDataSource dataSource) {
		Duration interval = dataSource.properties().metrics().interval();
		if (interval.toMillis() < 1) {
			throw new PgDispatchConfigurationException(
					"The property pgdispatch.metrics.interval is " + interval + ", which is less than a millisecond.",
					"Set it to a time such as 30s, or switch the health indicator off with"
							+ " management.health.pgdispatch.enabled=false.");
		}
		return interval;
	}

	/**
	 * Returns whether all drivers that run anything are asleep.
	 */
	private static boolean sleeps(Collection<ObservedDriver> drivers) {
		List<DriverState> running = drivers.stream()
			.map(ObservedDriver::state)
			.filter((state) -> state.running() && state.limit() > 0)
			.toList();
		return !running.isEmpty() && running.stream().allMatch(DriverState::asleep);
	}

	/**
	 * Configuration for the health of pg-dispatch.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
	@ConditionalOnEnabledHealthIndicator("pgdispatch")
	static class HealthConfiguration {

		@Bean
		@ForEachDatabase
		@Conditional(OnNoTenants.class)
		DriverActivity pgDispatchDriverActivity() {
			return new DriverActivity();
		}

		@Bean
		@ForEachDatabase
		@Conditional(OnNoTenants.class)
		@ConditionalOnMissingBean(name = "pgdispatchHealthIndicator")
		PgDispatchHealthIndicator pgdispatchHealthIndicator(SelectedDataSource dataSource, DriverActivity activity,
				StatusSampler sampler, ListableBeanFactory beanFactory) {
			return new PgDispatchHealthIndicator(
					() -> DatabaseBeans.ownBeans(ObservedDriver.class, dataSource, beanFactory), activity, sampler,
					dataSource.properties().worker().pollIntervalAwake());
		}

		@Bean
		@ForEachDatabase
		@Conditional(OnTenants.class)
		@ConditionalOnMissingBean(name = "pgdispatchTenantsHealthIndicator")
		TenantHealthIndicator pgdispatchTenantsHealthIndicator(
				@Qualifier("pgDispatchTenantDrivers") @Nullable TenantDrivers drivers, TenantStatuses statuses) {
			return new TenantHealthIndicator(() -> drivers == null || drivers.isRunning(), statuses);
		}

	}

	/**
	 * Configuration for the metrics of pg-dispatch.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterRegistry.class)
	@ConditionalOnBean(MeterRegistry.class)
	static class MetricsConfiguration {

		@Bean
		@ForEachDatabase
		DriverMetrics pgDispatchDriverMetrics(SelectedDataSource dataSource, ListableBeanFactory beanFactory) {
			return new DriverMetrics(dataSource.database(),
					() -> DatabaseBeans.ownBeans(ObservedDriver.class, dataSource, beanFactory));
		}

		@Bean
		MeterBinder pgDispatchWorkerPoolMetrics(ObjectProvider<WorkerConnections> connections) {
			return (registry) -> connections.forEach((pool) -> pool.measure(registry));
		}

		@Bean
		@ForEachDatabase
		@Conditional(OnTenants.class)
		TenantMetrics pgDispatchTenantMetrics(SelectedDataSource dataSource, TenantStatuses statuses) {
			return new TenantMetrics(dataSource.database(), statuses);
		}

		@Bean
		@ForEachDatabase
		QueueMetrics pgDispatchQueueMetrics(SelectedDataSource dataSource) {
			return new QueueMetrics(dataSource.database());
		}

	}

}
