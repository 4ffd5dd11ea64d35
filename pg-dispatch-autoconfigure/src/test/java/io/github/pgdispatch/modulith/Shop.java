package io.github.pgdispatch.modulith;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.pgdispatch.autoconfigure.PgDispatchModulithAutoConfiguration;

import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.modulith.events.Externalized;
import org.springframework.modulith.events.RoutingTarget;
import org.springframework.modulith.events.config.EventExternalizationAutoConfiguration;
import org.springframework.modulith.events.support.EventExternalizationTransport;
import org.springframework.modulith.events.support.OutboxEventExternalizerFactory;

/**
 * An application that externalizes events. Its transports register as those of Spring
 * Modulith do.
 */
@Configuration(proxyBeanMethods = false)
@AutoConfigurationPackage
@ImportAutoConfiguration({ EventExternalizationAutoConfiguration.class, PgDispatchModulithAutoConfiguration.class })
class Shop {

	private final ApplicationEventPublisher publisher;

	Shop(ApplicationEventPublisher publisher) {
		this.publisher = publisher;
	}

	void publish(Object event) {
		this.publisher.publishEvent(event);
	}

	@Bean
	Broker broker(OutboxEventExternalizerFactory factory) {
		Broker broker = new Broker();
		factory.forTransport(broker);
		return broker;
	}

	@Externalized("orders::#{customer()}")
	record OrderPlaced(String customer, int number) {

	}

	record OrderShipped(int number) {

	}

	static class Broker implements EventExternalizationTransport {

		private final List<Object> sent = new CopyOnWriteArrayList<>();

		private final AtomicInteger failures = new AtomicInteger();

		/**
		 * Lets some of the next events fail.
		 */
		void fail(int times) {
			this.failures.set(times);
		}

		List<Object> sent() {
			return this.sent;
		}

		@Override
		public CompletableFuture<?> externalize(Object payload, RoutingTarget target) {
			if (this.failures.getAndUpdate((left) -> Math.max(0, left - 1)) > 0) {
				return CompletableFuture.failedFuture(new IllegalStateException("The broker is down"));
			}
			this.sent.add(payload);
			return CompletableFuture.completedFuture(target);
		}

	}

}
