package io.github.pgdispatch.samples.operations;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.driver.ObservedDriver;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.Lifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionOperations;
import org.springframework.web.client.RestClient;

/**
 * A node of an application that is configured as the README says.
 */
final class WatchedNode implements AutoCloseable {

	private final ConfigurableApplicationContext context;

	private final RestClient http;

	private WatchedNode(ConfigurableApplicationContext context, int port) {
		this.context = context;
		this.http = RestClient.create("http://127.0.0.1:" + port);
	}

	static WatchedNode start(TestDatabase database, int port) throws IOException {
		List<String> properties = new ArrayList<>(Readme.block("properties").lines().toList());
		properties.addAll(List.of("server.port=" + port, "spring.datasource.url=" + database.url(),
				"spring.datasource.username=app", "pgdispatch.driver=application", "pgdispatch.metrics.interval=500ms",
				"spring.lifecycle.timeout-per-shutdown-phase=2s", "spring.main.banner-mode=off",
				"logging.level.root=warn"));
		properties.removeIf((property) -> property.startsWith("#"));
		return new WatchedNode(new SpringApplicationBuilder(Application.class).registerShutdownHook(false)
			.run(properties.stream().map((property) -> "--" + property).toArray(String[]::new)), port);
	}

	Scrape scrape() {
		String text = this.http.get().uri("/actuator/prometheus").retrieve().body(String.class);
		return Scrape.parse(text);
	}

	JdbcClient jdbc() {
		return this.context.getBean(JdbcClient.class);
	}

	/**
	 * Dispatches jobs, of which there is one for each thing that may become of a job.
	 */
	void dispatchAll() {
		jdbc().sql("SELECT pgdispatch.set_queue('mail', 2), pgdispatch.pause(queue => 'mail')").query().listOfRows();
		dispatchToNobody();
		SideEffects sideEffects = this.context.getBean(SideEffects.class);
		PgDispatchTemplate template = this.context.getBean(PgDispatchTemplate.class);
		this.context.getBean(TransactionOperations.class).executeWithoutResult((status) -> {
			sideEffects.succeed();
			sideEffects.fail();
			sideEffects.failTwice();
			sideEffects.mail();
			sideEffects.takeLong();
			template.fire("SELECT 1");
			template.fire("SELECT 1/0");
			template.dispatch(Dispatch.sql("SELECT 1/0").maxAttempts(2));
			template.snooze("SELECT 1", Duration.ofHours(1));
		});
	}

	/**
	 * Dispatches a job for a method that no node has.
	 */
	void dispatchToNobody() {
		jdbc().sql("SELECT pgdispatch.dispatch_handler('retired.method', '{}')").query().listOfRows();
	}

	void dispatchToFail() {
		this.context.getBean(TransactionOperations.class)
			.executeWithoutResult((status) -> this.context.getBean(SideEffects.class).fail());
	}

	void stopWorkers() {
		this.context.getBeanProvider(ObservedDriver.class).forEach((driver) -> ((Lifecycle) driver).stop());
	}

	void startWorkers() {
		this.context.getBeanProvider(ObservedDriver.class).forEach((driver) -> ((Lifecycle) driver).start());
	}

	/**
	 * Tells that the database of a tenant cannot be reached.
	 */
	void failTenant() {
		this.context.getBean(Tenants.class).fail();
	}

	void repairTenant() {
		this.context.getBean(Tenants.class).repair();
	}

	@Override
	public void close() {
		this.context.getBean(SideEffects.class).end();
		this.context.close();
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		SideEffects sideEffects() {
			return new SideEffects();
		}

		@Bean
		Tenants tenants() {
			return new Tenants();
		}

	}

}
