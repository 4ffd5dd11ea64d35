package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.handler.LosslessMapper;
import io.github.pgdispatch.modulith.EventFormat;
import io.github.pgdispatch.modulith.OutboxEventListener;
import io.github.pgdispatch.modulith.OutboxSender;
import io.github.pgdispatch.modulith.OutboxTransportPostProcessor;
import io.github.pgdispatch.modulith.OutboxTransports;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.modulith.events.EventExternalizationConfiguration;
import org.springframework.modulith.events.support.OutboxEventExternalizerFactory;

/**
 * Auto-configuration for the outbox of Spring Modulith. Spring Modulith has the factory
 * only if {@code spring.modulith.events.externalization.mode} is {@code outbox}.
 */
@AutoConfiguration(after = PgDispatchAutoConfiguration.class,
		afterName = "org.springframework.modulith.events.config.EventExternalizationAutoConfiguration")
@ConditionalOnClass(OutboxEventExternalizerFactory.class)
@ConditionalOnBean({ OutboxEventExternalizerFactory.class, PgDispatchTemplate.class })
@ConditionalOnBooleanProperty(name = "pgdispatch.modulith.enabled", matchIfMissing = true)
@EnableConfigurationProperties(PgDispatchModulithProperties.class)
public final class PgDispatchModulithAutoConfiguration {

	@Bean
	static OutboxTransportPostProcessor pgDispatchOutboxTransportPostProcessor(
			ObjectProvider<OutboxTransports> transports) {
		return new OutboxTransportPostProcessor(transports::getObject);
	}

	@Bean
	OutboxTransports pgDispatchOutboxTransports() {
		return new OutboxTransports();
	}

	@Bean
	EventFormat pgDispatchEventFormat(ObjectProvider<LosslessMapper> mapper, PgDispatchModulithProperties properties,
			ConfigurableBeanFactory beanFactory) {
		return new EventFormat(mapper::getObject, properties.eventTypes(), beanFactory.getBeanClassLoader());
	}

	@Bean
	OutboxSender pgDispatchOutboxSender(OutboxTransports transports, EventExternalizationConfiguration configuration,
			EventFormat format) {
		return new OutboxSender(transports, configuration, format);
	}

	/**
	 * Gets the sender late, as an event may be published before the database is ready.
	 */
	@Bean
	OutboxEventListener pgDispatchOutboxEventListener(EventExternalizationConfiguration configuration,
			OutboxTransports transports, EventFormat format, ObjectProvider<OutboxSender> sender,
			PgDispatchModulithProperties properties, ConfigurableBeanFactory beanFactory) {
		return new OutboxEventListener(configuration, transports, format, sender::getObject, properties.inOrder(),
				beanFactory);
	}

}
