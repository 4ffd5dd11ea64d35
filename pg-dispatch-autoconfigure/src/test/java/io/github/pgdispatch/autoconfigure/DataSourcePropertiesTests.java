package io.github.pgdispatch.autoconfigure;

import java.util.List;
import java.util.Map;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.driver.ApplicationDriver;
import io.github.pgdispatch.driver.HandlerDriver;
import io.github.pgdispatch.driver.ObservedDriver;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.BeanFactoryAnnotationUtils;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ContextConsumer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.support.JdbcTransactionManager;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the properties {@code pgdispatch.data-sources}.
 */
@PostgresTest
class DataSourcePropertiesTests {

	private static final String OWN = "pgdispatch.data-sources.";

	private TestDatabase orders;

	private TestDatabase customers;

	private ApplicationContextRunner application;

	@BeforeEach
	void application(TestDatabase database) {
		this.orders = database;
		this.customers = database.another();
		this.application = new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(PgDispatchSchemaAutoConfiguration.class, PgDispatchAutoConfiguration.class))
			.withUserConfiguration(ThreeDatabases.class)
			.withPropertyValues("orders=" + this.orders.url(), "customers=" + this.customers.url(),
					"stock=" + database.another().url(), "pgdispatch.schema.mode=jdbc", "pgdispatch.worker.threads=3");
	}

	private void run(ContextConsumer<AssertableApplicationContext> test, String... properties) {
		this.application.withPropertyValues(properties).run(test);
	}

	private static <T> T bean(AssertableApplicationContext context, String database, Class<T> type) {
		return BeanFactoryAnnotationUtils.qualifiedBeanOfType(context.getBeanFactory(), type, database);
	}

	private static int limit(AssertableApplicationContext context, String database,
			Class<? extends ObservedDriver> type) {
		return bean(context, database, type).state().limit();
	}

	@Test
	void ownPropertiesOfADatabaseReplaceTheGeneralOnes() {
		run((context) -> {
			assertThat(limit(context, "orders", ApplicationDriver.class)).isEqualTo(1);
			assertThat(limit(context, "orders", HandlerDriver.class)).isEqualTo(16);
			assertThat(limit(context, "customers", ApplicationDriver.class)).isEqualTo(3);
			assertThat(limit(context, "customers", HandlerDriver.class)).isEqualTo(2);
			assertThat(limit(context, "stock", ApplicationDriver.class)).isEqualTo(3);
		}, OWN + "orders.worker.threads=1", OWN + "customers.worker.concurrency=2");
	}

	@Test
	void ownPropertyReplacesAGeneralOneFromASourceThatComesFirst() {
		this.application
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new SystemEnvironmentPropertySource("test-systemEnvironment",
						Map.of("PGDISPATCH_WORKER_THREADS", "7", "PGDISPATCH_DATASOURCES_STOCK_WORKER_THREADS", "5"))))
			.withPropertyValues(OWN + "orders.worker.threads=1")
			.run((context) -> {
				assertThat(limit(context, "orders", ApplicationDriver.class)).isEqualTo(1);
				assertThat(limit(context, "customers", ApplicationDriver.class)).isEqualTo(7);
				assertThat(limit(context, "stock", ApplicationDriver.class)).isEqualTo(5);
			});
	}

	@Test
	void databaseMayHaveNoWorkers() {
		run((context) -> {
			assertThat(context.getBeanNamesForType(ApplicationDriver.class))
				.containsExactlyInAnyOrder("customers.pgDispatchDriver", "stock.pgDispatchDriver");
			assertThat(context.getBeanNamesForType(HandlerDriver.class)).hasSize(2);
			assertThat(context.getBeanNamesForType(WorkerConnections.class)).hasSize(2);
			assertThat(bean(context, "orders", PgDispatchOperations.class).status().jobs()).isEmpty();
		}, OWN + "orders.worker.enabled=false");
		run((context) -> assertThat(context.getBeanNamesForType(HandlerDriver.class))
			.containsExactly("orders.pgDispatchHandlerDriver"), "pgdispatch.worker.enabled=false",
				OWN + "orders.worker.enabled=true");
	}

	@Test
	void databaseMayHaveItsOwnDriver() {
		run((context) -> assertThat(context).getFailure()
			.extracting(NestedExceptionUtils::getMostSpecificCause)
			.isInstanceOfSatisfying(PgDispatchConfigurationException.class,
					(ex) -> assertThat(ex.getMessage()).contains("pg_cron")),
				OWN + "customers.driver=pg-cron");
	}

	@Test
	void queuesAreThoseOfAllDatabasesAndItsOwn() {
		run((context) -> {
			assertThat(queues(this.orders)).containsExactly("mail 2 7", "print 1");
			assertThat(queues(this.customers)).containsExactly("mail 2");
			assertThat(this.orders.jdbc("app")
				.sql("SELECT retention::text FROM pgdispatch.history_retention")
				.query(String.class)
				.list()).containsExactly("24:00:00");
		}, "pgdispatch.queues.mail.concurrency=2", OWN + "orders.queues.mail.rate=7",
				OWN + "orders.queues.print.concurrency=1", OWN + "orders.history.retention=1d");
	}

	private static List<String> queues(TestDatabase database) {
		return database.jdbc("app")
			.sql("SELECT concat_ws(' ', name, concurrency, rate) FROM pgdispatch.queue ORDER BY name")
			.query(String.class)
			.list();
	}

	@Test
	void schemaMayBeInstalledInAnotherWayOrNotAtAll() {
		run((context) -> {
			assertThat(hasSchema(this.orders)).isTrue();
			assertThat(hasSchema(this.customers)).isFalse();
		}, "pgdispatch.worker.enabled=false", "pgdispatch.driver=application", OWN + "customers.schema.mode=none");
		run((context) -> assertThat(context).getFailure()
			.extracting(NestedExceptionUtils::getMostSpecificCause)
			.asInstanceOf(InstanceOfAssertFactories.throwable(PgDispatchConfigurationException.class))
			.hasMessageContaining(this.customers.name()), OWN + "customers.schema.mode=validate");
	}

	private static boolean hasSchema(TestDatabase database) {
		return database.jdbc("postgres")
			.sql("SELECT to_regclass('pgdispatch.job') IS NOT NULL")
			.query(Boolean.class)
			.single();
	}

	@Test
	void workersOfEachDatabaseMayConnectInTheirOwnWay() {
		run((context) -> {
			assertThat(bean(context, "orders", WorkerConnections.class).areApart()).isTrue();
			assertThat(bean(context, "customers", WorkerConnections.class).areApart()).isFalse();
		}, OWN + "orders.worker.datasource.url=" + this.orders.url() + "?connectTimeout=7");
		run((context) -> assertThat(context).getFailure()
			.extracting(NestedExceptionUtils::getMostSpecificCause)
			.asInstanceOf(InstanceOfAssertFactories.throwable(PgDispatchConfigurationException.class))
			.hasMessageContaining("The workers of this node would not find the jobs"),
				OWN + "orders.worker.datasource.url=" + this.customers.url());
		run((context) -> assertThat(context).getFailure()
			.extracting(NestedExceptionUtils::getMostSpecificCause)
			.isInstanceOfSatisfying(PgDispatchConfigurationException.class,
					(ex) -> assertThat(ex.getAction()).contains("pgdispatch.data-sources.orders.worker.datasource.*")),
				"pgdispatch.worker.datasource.url=" + this.orders.url());
	}

	@Test
	void nameOfNoMarkedDataSourceIsRefused() {
		run((context) -> assertThat(context).getFailure()
			.isInstanceOfSatisfying(PgDispatchConfigurationException.class,
					(ex) -> assertThat(ex.getDescription())
						.isEqualTo("There are properties pgdispatch.data-sources.archive.*, and no DataSource bean"
								+ " of this name is marked with @PgDispatchDataSource. Marked are orders, customers,"
								+ " stock.")),
				OWN + "archive.worker.threads=1");
	}

	@Test
	void propertyThatCannotDifferIsRefused() {
		for (String property : List.of("retry.max-attempts=1", "worker.thread=1", "tenants.interval=1s")) {
			run((context) -> assertThat(context).getFailure()
				.extracting(NestedExceptionUtils::getMostSpecificCause)
				.asInstanceOf(InstanceOfAssertFactories.throwable(UnboundConfigurationPropertiesException.class))
				.hasMessageContaining(OWN + "orders." + property.split("=")[0]), OWN + "orders." + property);
		}
	}

	@Test
	void valueThatCannotBeReadIsRefused() {
		run((context) -> assertThat(context.getStartupFailure()).hasStackTraceContaining(BindException.class.getName())
			.hasStackTraceContaining(OWN + "orders.worker.lease"), OWN + "orders.worker.lease=soon");
	}

	@Test
	void theOnlyMarkedOneMayBeNamed() {
		new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(PgDispatchSchemaAutoConfiguration.class, PgDispatchAutoConfiguration.class))
			.withUserConfiguration(OneDatabase.class)
			.withPropertyValues("url=" + this.orders.url(), "pgdispatch.schema.mode=jdbc",
					OWN + "mainDb.worker.threads=2")
			.run((context) -> assertThat(context.getBean(ApplicationDriver.class).state().limit()).isEqualTo(2));
	}

	@Configuration(proxyBeanMethods = false)
	static class OneDatabase {

		@Bean
		@PgDispatchDataSource
		DataSource mainDb(@Value("${url}") String url) {
			return new DriverManagerDataSource(url, "app", "");
		}

		@Bean
		JdbcTransactionManager transactions(DataSource mainDb) {
			return new JdbcTransactionManager(mainDb);
		}

	}

}
