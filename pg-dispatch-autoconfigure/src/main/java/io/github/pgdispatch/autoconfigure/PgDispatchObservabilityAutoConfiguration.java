package io.github.pgdispatch.autoconfigure;

import java.time.Duration;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.driver.ObservedDriver;
import io.github.pgdispatch.observability.DriverActivity;
import io.github.pgdispatch.observability.DriverMetrics;
import io.github.pgdispatch.observability.PgDispatchHealthIndicator;
import io.github.pgdispatch.observability.QueueMetrics;
import io.github.pgdispatch.observability.StatusListener;
import io.github.pgdispatch.observability.StatusSampler;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Auto-configuration for the health and the metrics of pg-dispatch. Without Spring Boot's
 * health and without Micrometer, there is nothing of it, and nothing is counted.
 */
@AutoConfiguration(after = PgDispatchAutoConfiguration.class,
		afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnBean(PgDispatchOperations.class)
public final class PgDispatchObservabilityAutoConfiguration {

	/**
	 * Counts the queue, if anybody wants to know.
	 */
	@Bean
	@Conditional(OnObservedQueue.class)
	StatusSampler pgDispatchStatusSampler(PgDispatchOperations operations, PgDispatchProperties properties,
			ObjectProvider<StatusListener> listeners) {
		Duration interval = properties.metrics().interval();
		if (interval.toMillis() < 1) {
			throw new PgDispatchConfigurationException(
					"The property pgdispatch.metrics.interval is " + interval + ", which is less than a millisecond.",
					"Set it to a time such as 30s, or switch the health indicator off with"
							+ " management.health.pgdispatch.enabled=false.");
		}
		CustomizableThreadFactory threads = new CustomizableThreadFactory("pg-dispatch-status-");
		threads.setDaemon(true);
		return new StatusSampler(operations::status, listeners.orderedStream().toList(), interval, threads);
	}

	/**
	 * Configuration for the health of pg-dispatch.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
	@ConditionalOnEnabledHealthIndicator("pgdispatch")
	static class HealthConfiguration {

		@Bean
		DriverActivity pgDispatchDriverActivity() {
			return new DriverActivity();
		}

		@Bean
		@ConditionalOnMissingBean(name = "pgdispatchHealthIndicator")
		PgDispatchHealthIndicator pgdispatchHealthIndicator(ObjectProvider<ObservedDriver> drivers,
				DriverActivity activity, StatusSampler sampler, PgDispatchProperties properties) {
			return new PgDispatchHealthIndicator(() -> drivers.orderedStream().toList(), activity, sampler,
					properties.worker().pollInterval());
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
		DriverMetrics pgDispatchDriverMetrics(ObjectProvider<ObservedDriver> drivers) {
			return new DriverMetrics(() -> drivers.orderedStream().toList());
		}

		@Bean
		MeterBinder pgDispatchWorkerPoolMetrics(ObjectProvider<WorkerConnections> connections) {
			return (registry) -> connections.ifAvailable((pool) -> pool.measure(registry));
		}

		@Bean
		QueueMetrics pgDispatchQueueMetrics() {
			return new QueueMetrics();
		}

	}

}
