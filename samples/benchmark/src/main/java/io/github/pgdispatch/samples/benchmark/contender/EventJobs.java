package io.github.pgdispatch.samples.benchmark.contender;

import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;

import io.github.pgdispatch.autoconfigure.PgDispatchModulithAutoConfiguration;

import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.modulith.events.EventExternalizationConfiguration;
import org.springframework.modulith.events.config.EventExternalizationAutoConfiguration;
import org.springframework.modulith.events.support.OutboxEventExternalizer;
import org.springframework.modulith.events.support.OutboxEventExternalizerFactory;

/**
 * A job that sends an event.
 */
final class EventJobs implements Jobs {

	private final ApplicationEventPublisher events;

	EventJobs(ApplicationEventPublisher events) {
		this.events = events;
	}

	@Override
	public void run(long number) {
		this.events.publishEvent(new NumberSent(number));
	}

	/**
	 * Sends events to a broker that acknowledges at once.
	 */
	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ EventExternalizationAutoConfiguration.class, PgDispatchModulithAutoConfiguration.class })
	static class Transport {

		@Bean
		EventExternalizationConfiguration externalizationConfiguration() {
			return EventExternalizationConfiguration.externalizing()
				.select(EventExternalizationConfiguration.annotatedAsExternalized())
				.build();
		}

		@Bean
		OutboxEventExternalizer externalizer(OutboxEventExternalizerFactory factory, LongConsumer body) {
			return factory.forTransport((event, target) -> {
				body.accept(((NumberSent) event).number());
				return CompletableFuture.completedFuture(target);
			});
		}

	}

}
