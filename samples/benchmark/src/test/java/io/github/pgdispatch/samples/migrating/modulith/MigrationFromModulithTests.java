package io.github.pgdispatch.samples.migrating.modulith;

import io.github.pgdispatch.samples.migrating.Mailer;
import io.github.pgdispatch.samples.migrating.MigrationPage;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.DeferredImportSelector;
import org.springframework.context.annotation.Import;
import org.springframework.core.task.TaskExecutor;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.modulith.events.config.EventPublicationAutoConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Publications of Spring Modulith that are not complete are moved.
 */
@PostgresTest
class MigrationFromModulithTests {

	private static final String REGISTRY = "spring.modulith.events.jdbc.schema-initialization.enabled=true";

	private final TestDatabase database;

	MigrationFromModulithTests(TestDatabase database) {
		this.database = database.install("app");
	}

	@Test
	void publicationsAreMovedBySql() {
		try (HandlerNode before = HandlerNode.start(this.database, Before.class, REGISTRY)) {
			before.bean(Profiles.class).signUp(1);
		}
		try (HandlerNode node = HandlerNode.start(this.database, After.class)) {
			node.jdbc()
				.sql("UPDATE event_publication SET publication_date = publication_date - interval '1 hour'")
				.update();
			new MigrationPage("from-spring-modulith.md").run(node.bean(JdbcTemplate.class));
			await().untilAsserted(() -> assertThat(node.bean(Mailer.class).sent()).containsExactly("welcome 1"));
			node.bean(Profiles.class).signUp(2);
			await().untilAsserted(
					() -> assertThat(node.bean(Mailer.class).sent()).containsExactly("welcome 1", "welcome 2"));
		}
	}

	@Configuration(proxyBeanMethods = false)
	@Import(Registry.class)
	static class Before {

		@Bean
		Mailer mailer() {
			return new Mailer();
		}

		@Bean
		Profiles profiles(ApplicationEventPublisher events) {
			return new Profiles(events);
		}

		@Bean
		JsonMapper jsonMapper() {
			return JsonMapper.builder().build();
		}

		/**
		 * Runs nothing, as if its node had died.
		 */
		@Bean
		TaskExecutor taskExecutor() {
			return (call) -> {
			};
		}

		@Bean
		WelcomeListener welcomeListener(Mailer mailer) {
			return new WelcomeListener(mailer);
		}

	}

	/**
	 * What Spring Boot would find by itself.
	 */
	static class Registry implements DeferredImportSelector {

		@Override
		public String[] selectImports(AnnotationMetadata metadata) {
			return new String[] { "org.springframework.modulith.events.jackson.JacksonEventSerializationConfiguration",
					"org.springframework.modulith.events.jdbc.JdbcEventPublicationAutoConfiguration",
					EventPublicationAutoConfiguration.class.getName() };
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class After {

		@Bean
		Mailer mailer() {
			return new Mailer();
		}

		@Bean
		Profiles profiles(ApplicationEventPublisher events) {
			return new Profiles(events);
		}

		@Bean
		SignUpSideEffects signUpSideEffects(Mailer mailer) {
			return new SignUpSideEffects(mailer);
		}

		@Bean
		WelcomeDispatcher welcomeDispatcher(SignUpSideEffects sideEffects) {
			return new WelcomeDispatcher(sideEffects);
		}

	}

}
