package io.github.pgdispatch.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.PgDispatchNode;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.driver.ObservedDriver;
import io.github.pgdispatch.observability.PgDispatchHealthIndicator;
import io.github.pgdispatch.observability.PgDispatchMeter;
import io.github.pgdispatch.observability.StatusSampler;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.search.MeterNotFoundException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.Lifecycle;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link PgDispatchObservabilityAutoConfiguration}.
 */
@PostgresTest
class PgDispatchObservabilityAutoConfigurationTests {

	private ApplicationContextRunner application;

	private TestDatabase database;

	@BeforeEach
	void application(TestDatabase database) {
		this.database = database;
		this.application = TestApplication.of(database)
			.withConfiguration(AutoConfigurations.of(TransactionAutoConfiguration.class,
					PgDispatchAutoConfiguration.class, PgDispatchObservabilityAutoConfiguration.class))
			.withPropertyValues("pgdispatch.schema.mode=jdbc", "pgdispatch.driver=application",
					"pgdispatch.transaction=supports", "pgdispatch.retry.max-attempts=1",
					"pgdispatch.metrics.interval=50ms");
	}

	@Test
	void applicationWithoutHealthAndMetricsStartsAndCountsNothing() {
		this.application.withClassLoader(new FilteredClassLoader(MeterRegistry.class, HealthIndicator.class))
			.run((context) -> {
				assertThat(context).hasNotFailed().doesNotHaveBean(StatusSampler.class);
				context.getBean(PgDispatchTemplate.class).fire("SELECT 1");
				await().until(() -> count("pgdispatch.job") == 0);
			});
		this.application.withPropertyValues("management.health.pgdispatch.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(StatusSampler.class)
				.doesNotHaveBean(PgDispatchHealthIndicator.class));
	}

	@Test
	void nodeIsHealthy() {
		this.application.run((context) -> {
			HealthIndicator health = context.getBean("pgdispatchHealthIndicator", HealthIndicator.class);
			await().untilAsserted(() -> assertThat(health.health().getDetails()).containsEntry("waiting", 0L)
				.containsEntry("sqlWorkers", "0 of 4 busy"));
			assertThat(health.health().getStatus()).isEqualTo(Status.UP);
			context.getBean(PgDispatchNode.class).drain();
			assertThat(health.health().getDetails().get("sqlWorkers")).isEqualTo("0 of 4 busy, drained");
			assertThat(health.health().getStatus()).isEqualTo(Status.UP);
		});
	}

	/**
	 * Spring Boot binds them in the same way.
	 */
	private ApplicationContextRunner measured() {
		return this.application.withBean(SimpleMeterRegistry.class).withBean("mails", Mails.class);
	}

	private static MeterRegistry registry(ApplicationContext context) {
		MeterRegistry registry = context.getBean(MeterRegistry.class);
		context.getBeanProvider(MeterBinder.class).forEach((binder) -> binder.bindTo(registry));
		return registry;
	}

	@Test
	void everyMeterIsThereWithItsTags() {
		measured().run((context) -> {
			MeterRegistry registry = registry(context);
			this.database.jdbc("app").sql("SELECT pgdispatch.set_queue('mail', 2)").query().listOfRows();
			this.database.jdbc("app")
				.sql("SELECT pgdispatch.schedule('report', '1 hour', 'SELECT 1')")
				.query()
				.listOfRows();
			PgDispatchTemplate template = context.getBean(PgDispatchTemplate.class);
			new TransactionTemplate(context.getBean(PlatformTransactionManager.class))
				.executeWithoutResult((status) -> {
					template.fire("SELECT 1");
					template.fire("SELECT 1/0");
					template.snooze("SELECT 1", Duration.ofHours(1));
					context.getBean(Mails.class).send(1);
					context.getBean(Mails.class).send(0);
				});
			await().untilAsserted(() -> assertThat(registry.getMeters()).extracting((meter) -> meter.getId().getName())
				.containsAll(List.of(PgDispatchMeter.values())
					.stream()
					.filter((meter) -> meter != PgDispatchMeter.TABLE_DEAD_ROWS && meter != PgDispatchMeter.TENANTS)
					.map(PgDispatchMeter::meter)
					.toList()));
			for (PgDispatchMeter documented : PgDispatchMeter.values()) {
				for (Meter meter : registry.find(documented.meter()).meters()) {
					assertThat(meter.getId().getTags()).as(documented.meter())
						.extracting(Tag::getKey)
						.containsExactlyInAnyOrderElementsOf(documented.tags());
					assertThat(meter.getId().getTags()).allMatch((tag) -> !tag.getValue().isBlank());
				}
			}
			assertThat(registry.getMeters()).extracting((meter) -> meter.getId().getName())
				.filteredOn((name) -> name.startsWith("pgdispatch."))
				.isSubsetOf(List.of(PgDispatchMeter.values()).stream().map(PgDispatchMeter::meter).toList());
		});
	}

	@Test
	void pageNamesEveryMeterAndItsTags() throws IOException {
		List<String> lines = Files.readAllLines(Path.of("..", "docs", "operations.md"));
		for (PgDispatchMeter meter : PgDispatchMeter.values()) {
			String tags = String.join(", ", meter.tags().stream().map((tag) -> "`" + tag + "`").toList());
			assertThat(lines).filteredOn((line) -> line.startsWith("| `" + meter.meter() + "` | "))
				.singleElement()
				.asString()
				.contains(" | " + tags + " | ");
		}
	}

	@Test
	void intervalThatIsNoneIsRefused() {
		this.application.withPropertyValues("pgdispatch.metrics.interval=0")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("pgdispatch.metrics.interval is PT0S"));
	}

	@Test
	void metersTellWhatHasHappened() {
		measured().run((context) -> {
			MeterRegistry registry = registry(context);
			PgDispatchTemplate template = context.getBean(PgDispatchTemplate.class);
			template.fire("SELECT 1/0");
			context.getBean(Mails.class).send(1);
			context.getBean(Mails.class).send(0);
			await().ignoreException(MeterNotFoundException.class).untilAsserted(() -> {
				assertThat(value(registry, "pgdispatch.sql.failures", Map.of("error", "22"))).isEqualTo(1);
				assertThat(value(registry, "pgdispatch.sql.jobs", Map.of("outcome", "failed"))).isEqualTo(1);
				assertThat(value(registry, "pgdispatch.job.failures",
						Map.of("handler", "mails.send", "error", "IllegalStateException")))
					.isEqualTo(1);
				assertThat(registry.get("pgdispatch.job.duration")
					.tags("handler", "mails.send", "queue", "none", "outcome", "done")
					.timer()
					.count()).isEqualTo(1);
				assertThat(value(registry, "pgdispatch.dead.letters", Map.of("name", "mails.send"))).isEqualTo(1);
				assertThat(value(registry, "pgdispatch.dead.letters", Map.of("name", "none"))).isEqualTo(1);
				assertThat(value(registry, "pgdispatch.jobs.oldest", Map.of("kind", "sql"))).isNaN();
				assertThat(value(registry, "pgdispatch.max.workers", Map.of("kind", "sql"))).isEqualTo(4);
				assertThat(value(registry, "hikaricp.connections.max", Map.of("pool", "pg-dispatch"))).isEqualTo(8);
				assertThat(value(registry, "pgdispatch.listening", Map.of("kind", "sql"))).isEqualTo(1);
			});
		});
	}

	/**
	 * Or else a scrape fails that comes between its removal and its return.
	 */
	@Test
	void gaugeOfTheQueueStaysWhenItsValueChanges() {
		measured().run((context) -> {
			MeterRegistry registry = registry(context);
			List<String> removed = new CopyOnWriteArrayList<>();
			registry.config().onMeterRemoved((meter) -> removed.add(meter.getId().getName()));
			PgDispatchOperations operations = context.getBean(PgDispatchOperations.class);
			await().ignoreException(MeterNotFoundException.class)
				.until(() -> value(registry, "pgdispatch.pauses", Map.of()) == 0);
			operations.pause();
			await().until(() -> value(registry, "pgdispatch.pauses", Map.of()) == 1);
			operations.resume();
			await().until(() -> value(registry, "pgdispatch.pauses", Map.of()) == 0);
			assertThat(removed).doesNotContain("pgdispatch.pauses", "pgdispatch.nodes");
		});
	}

	@Test
	void nodeThatBeginsNoJobsIsNotReady() {
		measured().run((context) -> {
			MeterRegistry registry = registry(context);
			await().untilAsserted(() -> assertReady(registry, 1));
			PgDispatchNode node = context.getBean(PgDispatchNode.class);
			node.drain();
			assertReady(registry, 0);
			node.resume();
			await().untilAsserted(() -> assertReady(registry, 1));
			context.getBeanProvider(ObservedDriver.class).forEach((driver) -> ((Lifecycle) driver).stop());
			assertReady(registry, 0);
		});
	}

	private static void assertReady(MeterRegistry registry, double ready) {
		for (String kind : List.of("sql", "handler")) {
			assertThat(value(registry, "pgdispatch.ready", Map.of("kind", kind))).as(kind).isEqualTo(ready);
		}
	}

	private static double value(MeterRegistry registry, String meter, Map<String, String> tags) {
		return registry.get(meter)
			.tags(tags.entrySet().stream().map((tag) -> Tag.of(tag.getKey(), tag.getValue())).toList())
			.meter()
			.measure()
			.iterator()
			.next()
			.getValue();
	}

	private long count(String table) {
		return this.database.jdbc("app").sql("SELECT count(*) FROM " + table).query(Long.class).single();
	}

	static class Mails {

		@AfterCommitDispatch
		void send(int id) {
			if (id == 0) {
				throw new IllegalStateException("no");
			}
		}

	}

}
