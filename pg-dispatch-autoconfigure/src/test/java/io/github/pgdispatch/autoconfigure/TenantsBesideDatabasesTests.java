package io.github.pgdispatch.autoconfigure;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.TenantContext;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.search.MeterNotFoundException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for several databases beside those of tenants, and for what is told of the
 * tenants.
 */
@PostgresTest
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TenantsBesideDatabasesTests {

	private static final String MISSING = "no_such_database";

	private final Map<String, TestDatabase> databases = new LinkedHashMap<>();

	private final Map<String, TestDatabase> tenants = new LinkedHashMap<>();

	private ConfigurableApplicationContext context;

	@BeforeAll
	void start(TestDatabase database) {
		for (String name : List.of("orders", "customers", "stock")) {
			this.databases.put(name, name.equals("orders") ? database : database.another());
		}
		for (int number = 0; number < 2; number++) {
			TestDatabase tenant = database.another();
			this.tenants.put(tenant.name(), tenant);
		}
		this.databases.values().forEach((each) -> each.jdbc("app").sql(DatabasesAndTenants.NOTE).update());
		this.tenants.values().forEach((each) -> each.jdbc("app").sql(DatabasesAndTenants.NOTE).update());
		this.context = start(Application.class);
	}

	private ConfigurableApplicationContext start(Class<?> application) {
		return new SpringApplicationBuilder(application).web(WebApplicationType.NONE)
			.run("--pgdispatch.schema.mode=jdbc", "--pgdispatch.metrics.interval=100ms",
					"--pgdispatch.tenants.interval=500ms", "--spring.main.banner-mode=off",
					"--orders=" + this.databases.get("orders").url(),
					"--customers=" + this.databases.get("customers").url(),
					"--stock=" + this.databases.get("stock").url(),
					"--tenants.server=jdbc:postgresql://localhost:" + this.databases.get("orders").port(),
					"--tenants.names=" + String.join(",", this.tenants.keySet()) + "," + MISSING);
	}

	@AfterAll
	void stop() {
		this.context.close();
	}

	private void in(String database, Runnable action) {
		new TransactionTemplate(this.context.getBean(database + "Transactions", PlatformTransactionManager.class))
			.executeWithoutResult((status) -> action.run());
	}

	private void of(String tenant, Runnable action) {
		try (DispatchPropagator.Scope scope = this.context.getBean(TenantContext.class).open(tenant)) {
			in("tenants", action);
		}
	}

	@Test
	void dispatchGoesToTheDatabaseOfTheTransactionAndOfTheTenant() {
		PgDispatchTemplate template = this.context.getBean(PgDispatchTemplate.class);
		ThreeDatabases.Notes notes = this.context.getBean(ThreeDatabases.Notes.class);
		DatabasesAndTenants.TenantNotes tenantNotes = this.context.getBean(DatabasesAndTenants.TenantNotes.class);
		this.databases.keySet().forEach((name) -> in(name, () -> {
			notes.plain(name, "plain");
			notes.sql(name, "sql");
		}));
		this.tenants.keySet().forEach((name) -> of(name, () -> {
			tenantNotes.ofTenant("plain");
			tenantNotes.inTenant("in transaction");
			template.fire("INSERT INTO note (database, what) VALUES (:name, 'sql')", Map.of("name", name));
		}));
		this.databases.forEach((name, database) -> awaitNotes(database, name, "plain", "sql"));
		this.tenants.forEach((name, database) -> awaitNotes(database, name, "after in transaction", "in transaction",
				"plain", "sql"));
	}

	private static void awaitNotes(TestDatabase database, String of, String... what) {
		Awaitility.await()
			.until(() -> database.jdbc("app")
				.sql("SELECT what FROM note WHERE database = ? AND at = current_database() ORDER BY what")
				.param(of)
				.query(String.class)
				.list()
				.equals(List.of(what)));
	}

	@Test
	void healthTellsWhichTenantsHaveProblems() {
		Awaitility.await().untilAsserted(() -> {
			Health health = health("tenants.pgdispatchTenantsHealthIndicator");
			assertThat(health.getStatus()).isEqualTo(Status.UP);
			assertThat(health.getDetails()).containsEntry("tenants", 3)
				.containsEntry("failing", 1L)
				.containsEntry("stalled", 0L)
				.extractingByKey("problems")
				.asString()
				.contains("tenants/" + MISSING, "does not exist");
		});
		assertThat(health("orders.pgdispatchHealthIndicator").getStatus()).isEqualTo(Status.UP);
	}

	private Health health(String bean) {
		return this.context.getBean(bean, HealthIndicator.class).health();
	}

	@Test
	void metersAreSumsOfAllTenants() {
		MeterRegistry registry = this.context.getBean(MeterRegistry.class);
		this.context.getBeanProvider(MeterBinder.class).forEach((binder) -> binder.bindTo(registry));
		this.tenants.values()
			.forEach((tenant) -> tenant.jdbc("app")
				.sql("SELECT pgdispatch.snooze('SELECT 1', '1 hour')")
				.query()
				.singleRow());
		Awaitility.await().ignoreException(MeterNotFoundException.class).untilAsserted(() -> {
			assertThat(value(registry, "pgdispatch.jobs", "state", "snoozed")).isEqualTo(2);
			assertThat(value(registry, "pgdispatch.tenants", "state", "fine")).isEqualTo(2);
			assertThat(value(registry, "pgdispatch.tenants", "state", "failing")).isEqualTo(1);
		});
	}

	private static double value(MeterRegistry registry, String meter, String tag, String value) {
		return registry.get(meter)
			.tag("database", "tenants")
			.tag(tag, value)
			.gauges()
			.stream()
			.mapToDouble(Gauge::value)
			.sum();
	}

	@Test
	void dataSourceOfTheTenantsHasToBeDeclaredAsSuch() {
		assertThatExceptionOfType(Exception.class).isThrownBy(() -> start(WithoutRouting.class))
			.satisfies((ex) -> assertThat(ex).hasStackTraceContaining(PgDispatchConfigurationException.class.getName())
				.hasStackTraceContaining("none is declared as an " + AbstractRoutingDataSource.class.getSimpleName())
				.hasStackTraceContaining("orders, customers, stock"));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableTransactionManagement
	@ImportAutoConfiguration({ PgDispatchSchemaAutoConfiguration.class, PgDispatchAutoConfiguration.class,
			PgDispatchObservabilityAutoConfiguration.class })
	@Import({ DatabasesAndTenants.class, SimpleMeterRegistry.class })
	static class Application {

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ PgDispatchSchemaAutoConfiguration.class, PgDispatchAutoConfiguration.class })
	@Import({ ThreeDatabases.class, ManyTenants.Context.class })
	static class WithoutRouting {

	}

}
