package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.observability.DispatchObservationConvention;
import io.github.pgdispatch.observability.LinkingReceiverObservationHandler;
import io.github.pgdispatch.observability.ObservationDispatchObserver;
import io.github.pgdispatch.observability.ObservationDriverListener;
import io.github.pgdispatch.observability.ProcessObservationContext;
import io.github.pgdispatch.observability.ProcessObservationConvention;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.propagation.Propagator;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

/**
 * Auto-configuration for the observations of dispatches and of methods that jobs run.
 * Without a registry of observations, nothing is observed.
 */
@AutoConfiguration(
		afterName = { "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration",
				"org.springframework.boot.micrometer.tracing.autoconfigure.MicrometerTracingAutoConfiguration" })
@ConditionalOnClass(ObservationRegistry.class)
@ConditionalOnBean(ObservationRegistry.class)
public final class PgDispatchObservationAutoConfiguration {

	@Bean
	ObservationDispatchObserver pgDispatchObservationDispatchObserver(ObservationRegistry registry,
			ObjectProvider<DispatchObservationConvention> convention) {
		return new ObservationDispatchObserver(registry, convention.getIfAvailable());
	}

	@Bean
	ObservationDriverListener pgDispatchObservationDriverListener(ObservationRegistry registry,
			ObjectProvider<ProcessObservationConvention> convention) {
		return new ObservationDriverListener(registry, convention.getIfAvailable());
	}

	/**
	 * Configuration for the traces of methods.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ Tracer.class, Propagator.class })
	@ConditionalOnBean({ Tracer.class, Propagator.class })
	static class TracingObservationConfiguration {

		/**
		 * Comes before Spring Boot's handler of all receivers, whose order is 1000, and
		 * must not replace it.
		 */
		@Bean
		@Order(0)
		ObservationHandler<ProcessObservationContext> pgDispatchReceiverObservationHandler(Tracer tracer,
				Propagator propagator) {
			return new LinkingReceiverObservationHandler(tracer, propagator);
		}

	}

}
