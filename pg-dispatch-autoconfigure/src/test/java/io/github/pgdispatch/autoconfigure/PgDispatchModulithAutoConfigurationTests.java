package io.github.pgdispatch.autoconfigure;

import java.util.concurrent.CompletableFuture;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.modulith.OutboxEventListener;
import io.github.pgdispatch.modulith.OutboxSender;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.modulith.events.Externalized;
import org.springframework.modulith.events.RoutingTarget;
import org.springframework.modulith.events.config.EventExternalizationAutoConfiguration;
import org.springframework.modulith.events.support.OutboxEventExternalizer;
import org.springframework.modulith.events.support.OutboxEventExternalizerFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link PgDispatchModulithAutoConfiguration}.
 */
@PostgresTest
class PgDispatchModulithAutoConfigurationTests {

	private ApplicationContextRunner application;

	@BeforeEach
	void application(TestDatabase database) {
		this.application = TestApplication.of(database)
			.withConfiguration(
					AutoConfigurations.of(PgDispatchAutoConfiguration.class, PgDispatchModulithAutoConfiguration.class))
			.withPropertyValues("pgdispatch.schema.mode=jdbc", "pgdispatch.driver=application",
					"pgdispatch.transaction=supports");
	}

	private ApplicationContextRunner modulith() {
		return this.application.withUserConfiguration(Application.class)
			.withConfiguration(AutoConfigurations.of(EventExternalizationAutoConfiguration.class));
	}

	private ApplicationContextRunner outbox() {
		return modulith().withPropertyValues("spring.modulith.events.externalization.mode=outbox");
	}

	@Test
	void applicationWithoutSpringModulithStarts() {
		this.application.withClassLoader(new FilteredClassLoader("org.springframework.modulith"))
			.run((context) -> assertThat(context).hasSingleBean(PgDispatchTemplate.class)
				.doesNotHaveBean("pgDispatchOutboxSender"));
	}

	@Test
	void onlyTheModeOutboxHasAnOutbox() {
		modulith().run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(OutboxSender.class));
		outbox().run((context) -> assertThat(context).hasSingleBean(OutboxSender.class)
			.hasSingleBean(OutboxEventListener.class));
	}

	@Test
	void applicationMayHaveAnotherOutbox() {
		outbox().withPropertyValues("pgdispatch.modulith.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(OutboxEventExternalizerFactory.class)
				.doesNotHaveBean(OutboxSender.class));
	}

	@Test
	void outboxNeedsJackson() {
		outbox().withClassLoader(new FilteredClassLoader("tools.jackson"))
			.run((context) -> assertThat(context).getFailure()
				.extracting(NestedExceptionUtils::getMostSpecificCause)
				.isInstanceOfSatisfying(PgDispatchConfigurationException.class,
						(ex) -> assertThat(ex.getAction()).contains("spring-boot-starter-jackson")));
	}

	@Test
	void eventWithoutATransportIsRefused() {
		outbox().run((context) -> assertThatIllegalStateException()
			.isThrownBy(() -> context.publishEvent(new Renamed("Ada")))
			.withMessageContaining("Renamed")
			.withMessageContaining("spring-modulith-events-kafka"));
	}

	@Test
	void transportsHaveDifferentNames() {
		outbox().withUserConfiguration(SameName.class)
			.run((context) -> assertThat(context).getFailure()
				.extracting(NestedExceptionUtils::getMostSpecificCause)
				.isInstanceOfSatisfying(PgDispatchConfigurationException.class,
						(ex) -> assertThat(ex.getDescription()).contains("'" + SameName.class.getName() + "'")));
	}

	@Externalized
	record Renamed(String name) {

	}

	@Configuration(proxyBeanMethods = false)
	@AutoConfigurationPackage
	static class Application {

	}

	@Configuration(proxyBeanMethods = false)
	static class SameName {

		@Bean
		OutboxEventExternalizer one(OutboxEventExternalizerFactory factory) {
			return factory.forTransport(SameName::send);
		}

		@Bean
		OutboxEventExternalizer two(OutboxEventExternalizerFactory factory) {
			return factory.forTransport(SameName::send);
		}

		private static CompletableFuture<?> send(Object payload, RoutingTarget target) {
			return CompletableFuture.completedFuture(payload);
		}

	}

}
