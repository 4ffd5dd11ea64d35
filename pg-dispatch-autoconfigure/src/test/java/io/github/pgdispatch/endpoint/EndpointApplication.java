package io.github.pgdispatch.endpoint;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.security.autoconfigure.UserDetailsServiceAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.event.EventListener;
import org.springframework.core.io.DefaultResourceLoader;

/**
 * A web application with the endpoint, on a port of its own.
 *
 * @param context the context of the application
 */
record EndpointApplication(ConfigurableApplicationContext context) implements AutoCloseable {

	static EndpointApplication start(TestDatabase database, WebApplicationType type, Class<?> security,
			String... properties) {
		return start(database, new SpringApplicationBuilder(Application.class, security).web(type), properties);
	}

	/**
	 * Starts an application without Spring MVC and WebFlux, but with Jersey.
	 */
	static EndpointApplication startWithJersey(TestDatabase database, Class<?> security, String... properties) {
		ClassLoader classes = new FilteredClassLoader("org.springframework.web.servlet",
				"org.springframework.web.reactive");
		return start(database,
				new SpringApplicationBuilder(new DefaultResourceLoader(classes), Application.class, security)
					.web(WebApplicationType.SERVLET),
				properties);
	}

	private static EndpointApplication start(TestDatabase database, SpringApplicationBuilder application,
			String... properties) {
		return new EndpointApplication(application.registerShutdownHook(false)
			.properties("spring.main.banner-mode=off", "server.port=0", "spring.datasource.url=" + database.url(),
					"spring.datasource.username=app", "pgdispatch.driver=application", "pgdispatch.schema.mode=jdbc",
					"management.endpoints.web.exposure.include=pgdispatch")
			.properties(properties)
			.run());
	}

	String url(String path) {
		return "http://localhost:" + this.context.getEnvironment().getProperty("local.server.port") + path;
	}

	List<AuditEvent> auditEvents() {
		return this.context.getBean(Audit.class).events;
	}

	@Override
	public void close() {
		this.context.close();
	}

	@SpringBootConfiguration
	@EnableAutoConfiguration(exclude = { DataJpaRepositoriesAutoConfiguration.class, FlywayAutoConfiguration.class,
			LiquibaseAutoConfiguration.class, HibernateJpaAutoConfiguration.class,
			UserDetailsServiceAutoConfiguration.class })
	static class Application {

		@Bean
		Audit audit() {
			return new Audit();
		}

		@Bean
		SignUp signUp() {
			return new SignUp();
		}

	}

	static class Audit {

		private final List<AuditEvent> events = new CopyOnWriteArrayList<>();

		@EventListener
		void on(AuditApplicationEvent event) {
			if (event.getAuditEvent().getType().startsWith("PGDISPATCH_")) {
				this.events.add(event.getAuditEvent());
			}
		}

	}

	/**
	 * Public, as another class loader may have its proxy.
	 */
	public static class SignUp {

		@AfterCommitDispatch
		public void welcome(long profileId) {
		}

	}

}
