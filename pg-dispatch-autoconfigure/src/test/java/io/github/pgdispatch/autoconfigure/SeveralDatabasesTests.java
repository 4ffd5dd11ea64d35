package io.github.pgdispatch.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

import javax.sql.DataSource;

import io.github.pgdispatch.DeadLetterFilter;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.DispatchResult;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.QueueLimits;
import io.github.pgdispatch.autoconfigure.ThreeDatabases.Notes;
import io.github.pgdispatch.driver.ApplicationDriver;
import io.github.pgdispatch.driver.HandlerDriver;
import io.github.pgdispatch.event.DeadLetterEvent;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import io.github.pgdispatch.testing.DispatchedJob;
import io.github.pgdispatch.testing.DispatchedJobs;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.search.MeterNotFoundException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.beans.factory.annotation.BeanFactoryAnnotationUtils;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.WebApplicationType;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.EventListener;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for several databases in one application.
 */
@PostgresTest
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class SeveralDatabasesTests {

	private static final List<String> NAMES = List.of("orders", "customers", "stock");

	private final Map<String, TestDatabase> databases = new LinkedHashMap<>();

	private ConfigurableApplicationContext context;

	private PgDispatchTemplate template;

	private Notes notes;

	@BeforeAll
	void start(TestDatabase database) {
		for (String name : NAMES) {
			this.databases.put(name, name.equals("orders") ? database : database.another());
			jdbc(name)
				.sql("CREATE TABLE note (database text, what text, at text DEFAULT current_database(),"
						+ " transaction xid8 DEFAULT pg_current_xact_id())")
				.update();
		}
		this.context = start(Application.class);
		this.template = this.context.getBean(PgDispatchTemplate.class);
		this.notes = this.context.getBean(Notes.class);
	}

	private ConfigurableApplicationContext start(Class<?> application, String... more) {
		List<String> arguments = new ArrayList<>(List.of(more));
		arguments.addAll(List.of("--pgdispatch.schema.mode=jdbc", "--pgdispatch.queues.mails.concurrency=1",
				"--pgdispatch.metrics.interval=100ms", "--spring.main.banner-mode=off"));
		this.databases.forEach((name, database) -> arguments.add("--" + name + "=" + database.url()));
		return new SpringApplicationBuilder(application).web(WebApplicationType.NONE)
			.run(arguments.toArray(String[]::new));
	}

	@AfterAll
	void stop() {
		this.context.close();
	}

	@BeforeEach
	void clear() {
		NAMES.forEach((name) -> jdbc(name).sql("DELETE FROM note").update());
	}

	@Test
	void eachDatabaseHasItsSchemaDriversAndQueues() {
		for (String name : NAMES) {
			assertThat(bean(name, ApplicationDriver.class).isRunning()).isTrue();
			assertThat(bean(name, HandlerDriver.class).isRunning()).isTrue();
			assertThat(bean(name, PgDispatchOperations.class).status().queues())
				.anySatisfy((queue) -> assertThat(queue.name()).isEqualTo("mails"));
		}
		assertThat(this.context.getBeansOfType(ApplicationDriver.class)).hasSize(3);
	}

	@Test
	void dispatchGoesToTheDatabaseOfTheCurrentTransaction() {
		for (String name : NAMES) {
			in(name, () -> {
				this.template.fire("INSERT INTO note (database, what) VALUES ('" + name + "', 'template')");
				this.notes.sql(name, "sql");
				this.notes.plain(name, "plain");
			});
		}
		for (String name : NAMES) {
			Awaitility.await().until(() -> notes(name).size() == 3);
			assertThat(notes(name)).containsExactlyInAnyOrder(name + " template", name + " sql", name + " plain");
		}
	}

	@Test
	void templateOfADatabaseNeedsATransactionOfIt() {
		PgDispatchTemplate orders = bean("orders", PgDispatchTemplate.class);
		in("orders", () -> orders.fire("INSERT INTO note (database, what) VALUES ('orders', 'qualified')"));
		Awaitility.await().until(() -> notes("orders").equals(List.of("orders qualified")));
		assertThatExceptionOfType(IllegalTransactionStateException.class)
			.isThrownBy(() -> in("customers", () -> orders.fire("SELECT 1")));
	}

	@Test
	void dispatchWithoutTransactionNamesTheCandidates() {
		assertThatExceptionOfType(IllegalTransactionStateException.class)
			.isThrownBy(() -> this.notes.plain("any", "any"))
			.withMessageContaining("There is no transaction that tells which database")
			.withMessageContaining("orders, customers, stock")
			.withMessageContaining("@Qualifier(\"orders\")");
		assertThatExceptionOfType(IllegalTransactionStateException.class)
			.isThrownBy(() -> this.context.getBean(PgDispatchOperations.class).status())
			.withMessageContaining("PgDispatchOperations of one of them");
		assertThat(this.template).hasToString("PgDispatchTemplate of the current transaction, in one of " + NAMES);
	}

	@Test
	void dispatchInTheTransactionOfAnotherDatabaseNamesTheCandidates() {
		assertThatExceptionOfType(IllegalTransactionStateException.class)
			.isThrownBy(() -> in("archive", () -> this.template.fire("SELECT 1")))
			.withMessageContaining("is of no database of pg-dispatch, which are orders, customers, stock");
	}

	@Test
	void dispatchInATransactionOfSeveralDatabasesNamesThem() {
		try (ConfigurableApplicationContext context = start(OneManager.class)) {
			TransactionTemplate transaction = new TransactionTemplate(
					context.getBean(PlatformTransactionManager.class));
			assertThatExceptionOfType(IllegalTransactionStateException.class)
				.isThrownBy(() -> transaction
					.executeWithoutResult((status) -> context.getBean(PgDispatchTemplate.class).fire("SELECT 1")))
				.withMessageContaining("is of several databases of pg-dispatch: orders, customers");
		}
	}

	@Test
	void queryOfAnotherDatabaseInTheTransactionDoesNotCount() {
		in("orders", () -> {
			JdbcClient.create(this.context.getBean("customers", DataSource.class))
				.sql("SELECT 1")
				.query()
				.singleValue();
			this.notes.plain("orders", "after a query");
		});
		Awaitility.await().until(() -> notes("orders").equals(List.of("orders after a query")));
	}

	@Test
	void innerTransactionCountsAndTheOuterOneHasToWait() {
		PgDispatchTemplate orders = bean("orders", PgDispatchTemplate.class);
		in("orders", () -> {
			in("customers", () -> {
				this.notes.plain("customers", "inner");
				assertThatExceptionOfType(IllegalTransactionStateException.class)
					.isThrownBy(() -> orders.fire("SELECT 1"))
					.withMessageContaining("waits for its end");
			});
			in("archive",
					() -> assertThatExceptionOfType(IllegalTransactionStateException.class)
						.isThrownBy(() -> orders.fire("SELECT 1"))
						.withMessageContaining("waits for its end"));
			this.notes.plain("orders", "outer");
			assertThat(jdbc("orders").sql("SELECT count(*) FROM note").query(Integer.class).single()).isZero();
		});
		Awaitility.await().until(() -> notes("customers").equals(List.of("customers inner")));
		Awaitility.await().until(() -> notes("orders").equals(List.of("orders outer")));
	}

	@Test
	void transactionalMethodCompletesItsJobOnlyInItsOwnDatabase() {
		for (String name : NAMES) {
			jdbc(name).sql("CREATE TABLE removal (transaction xid8 DEFAULT pg_current_xact_id())").update();
			jdbc(name).sql("""
					CREATE FUNCTION note_removal() RETURNS trigger LANGUAGE plpgsql AS
					'BEGIN INSERT INTO public.removal DEFAULT VALUES; RETURN NULL; END'""").update();
			jdbc(name).sql("""
					CREATE TRIGGER note_removal AFTER DELETE ON pgdispatch.handler_job
					FOR EACH ROW EXECUTE FUNCTION note_removal()""").update();
		}
		in("orders", () -> this.notes.inOrders("same"));
		Awaitility.await().until(() -> removals("orders") == 1);
		assertThat(jdbc("orders").sql("SELECT transaction FROM note WHERE what = 'same'").query(String.class).single())
			.isEqualTo(jdbc("orders").sql("SELECT transaction FROM removal").query(String.class).single());
		in("customers", () -> this.notes.inOrders("other"));
		Awaitility.await().until(() -> removals("customers") == 1);
		Awaitility.await().until(() -> notes("orders").size() == 4);
		assertThat(notes("orders")).containsExactlyInAnyOrder("orders same", "orders after same", "orders other",
				"orders after other");
		assertThat(removals("orders")).isOne();
	}

	@Test
	void commitThatFailsInAnotherDatabaseLeavesTheJob() {
		jdbc("orders").sql("""
				CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
				'BEGIN RAISE EXCEPTION USING MESSAGE = ''refused at the commit''; END'""").update();
		jdbc("orders").sql("""
				CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON note DEFERRABLE INITIALLY DEFERRED
				FOR EACH ROW WHEN (NEW.what = 'refused') EXECUTE FUNCTION refuse()""").update();
		in("customers",
				() -> this.template.fire(Dispatch.handler("inOrders", "{\"what\":\"refused\"}").maxAttempts(1)));
		Awaitility.await()
			.until(() -> bean("customers", PgDispatchOperations.class).deadLetters(DeadLetterFilter.all())
				.stream()
				.anyMatch((letter) -> "P0001".equals(letter.sqlState())));
	}

	@Test
	void resultIsThatOfTheJobInItsDatabase() {
		Map<String, DispatchResult<String>> results = new LinkedHashMap<>();
		NAMES.forEach((name) -> in(name, () -> results.put(name, this.notes.answer(name))));
		results.forEach((name, result) -> assertThat(result.get(Duration.ofMinutes(1))).isEqualTo("of " + name));
	}

	@Test
	void healthAndMetersAreThoseOfADatabase() {
		MeterRegistry registry = this.context.getBean(MeterRegistry.class);
		this.context.getBeanProvider(MeterBinder.class).forEach((binder) -> binder.bindTo(registry));
		bean("stock", PgDispatchOperations.class).setQueue("deliveries", QueueLimits.none().concurrency(7));
		in("customers", () -> {
			this.notes.measured();
			bean("customers", PgDispatchTemplate.class).snooze("SELECT 1", Duration.ofHours(1));
		});
		Awaitility.await().ignoreException(MeterNotFoundException.class).untilAsserted(() -> {
			assertThat(registry.get("pgdispatch.job.duration").tag("handler", "measured").timers()).singleElement()
				.satisfies((timer) -> assertThat(timer.getId().getTag("database")).isEqualTo("customers"));
			assertThat(registry.get("pgdispatch.queue.limit").tag("queue", "deliveries").gauges()).singleElement()
				.satisfies((gauge) -> assertThat(gauge.getId().getTag("database")).isEqualTo("stock"));
			assertThat(registry.get("pgdispatch.ready").tag("kind", "sql").gauges()).hasSize(3)
				.allSatisfy((gauge) -> assertThat(gauge.value()).isOne());
			assertThat(health("customers").getDetails()).containsEntry("snoozed", 1L);
			assertThat(health("orders").getDetails()).containsEntry("snoozed", 0L);
		});
		assertThat(registry.get("hikaricp.connections.max").gauges())
			.extracting((gauge) -> gauge.getId().getTag("pool"))
			.contains("pg-dispatch-orders", "pg-dispatch-customers", "pg-dispatch-stock");
		bean("stock", HandlerDriver.class).stop();
		assertThat(health("stock").getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
		assertThat(health("orders").getStatus()).isEqualTo(Status.UP);
		bean("stock", HandlerDriver.class).start();
	}

	private Health health(String database) {
		return this.context.getBean(database + ".pgdispatchHealthIndicator", HealthIndicator.class).health();
	}

	@Test
	void testsFindTheJobsOfADatabase() {
		try (ConfigurableApplicationContext context = start(Tested.class, "--pgdispatch.worker.enabled=false")) {
			new TransactionTemplate(context.getBean("customersTransactions", PlatformTransactionManager.class))
				.executeWithoutResult((status) -> context.getBean(PgDispatchTemplate.class)
					.snooze("SELECT 'tested'", Duration.ofHours(1)));
			assertThat(commands(context, "customers")).contains("SELECT 'tested'");
			assertThat(commands(context, "stock")).doesNotContain("SELECT 'tested'");
		}
	}

	private static List<String> commands(ConfigurableApplicationContext context, String database) {
		return BeanFactoryAnnotationUtils.qualifiedBeanOfType(context.getBeanFactory(), DispatchedJobs.class, database)
			.waiting()
			.stream()
			.map(DispatchedJob::command)
			.toList();
	}

	@Test
	void eventAndLogTellTheDatabase(CapturedOutput output) {
		in("stock", () -> this.template.fire(Dispatch.sql("SELECT 1/0").maxAttempts(1)));
		DeadLetters told = this.context.getBean(DeadLetters.class);
		Awaitility.await().until(() -> told.databases.contains("stock"));
		assertThat(output).containsPattern("failed for good .* division by zero \\(database stock\\)");
	}

	@Test
	void everyLogLineOfAJobCanTellTheDatabase() {
		Map<String, DispatchResult<String>> results = new LinkedHashMap<>();
		NAMES.forEach((name) -> in(name, () -> results.put(name, this.notes.logged())));
		results.forEach((name, result) -> assertThat(result.get(Duration.ofMinutes(1))).isEqualTo(name));
	}

	@Test
	void oneDatabaseMayHaveTwoRoles(TestDatabase database) {
		TestDatabase shared = database.another();
		String other = "reports_" + UUID.randomUUID().toString().substring(0, 8);
		shared.jdbc("postgres").sql("CREATE ROLE " + other + " LOGIN").update();
		shared.install("app");
		shared.jdbc("app").sql("CALL pgdispatch.grant_to('" + other + "')").update();
		shared.jdbc("app").sql("CREATE TABLE ran (by text DEFAULT current_user, what text)").update();
		shared.jdbc("app").sql("GRANT INSERT ON ran TO " + other).update();
		try (ConfigurableApplicationContext context = start(TwoRoles.class, "--shared=" + shared.url(),
				"--other=" + other)) {
			for (String role : List.of("app", "reports")) {
				new TransactionTemplate(context.getBean(role + "Transactions", PlatformTransactionManager.class))
					.executeWithoutResult((status) -> context.getBean(PgDispatchTemplate.class)
						.fire("INSERT INTO ran (what) VALUES ('" + role + "')"));
			}
			Awaitility.await()
				.until(() -> shared.jdbc("app")
					.sql("SELECT concat(by, ' ', what) FROM ran ORDER BY 1")
					.query(String.class)
					.list()
					.equals(List.of("app app", other + " reports")));
		}
	}

	@Test
	void schemaCanBeMissingInOneOfThem(TestDatabase database) {
		TestDatabase empty = database.another();
		assertThatExceptionOfType(Exception.class)
			.isThrownBy(() -> new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
				.run("--pgdispatch.schema.mode=validate", "--orders=" + database.url(), "--customers=" + empty.url(),
						"--stock=" + database.url()))
			.satisfies((ex) -> assertThat(ex).hasStackTraceContaining(PgDispatchConfigurationException.class.getName())
				.hasStackTraceContaining(empty.name()));
	}

	private void in(String name, Runnable action) {
		new TransactionTemplate(this.context.getBean(name + "Transactions", PlatformTransactionManager.class))
			.executeWithoutResult((status) -> action.run());
	}

	private <T> T bean(String database, Class<T> type) {
		return BeanFactoryAnnotationUtils.qualifiedBeanOfType(this.context.getBeanFactory(), type, database);
	}

	private JdbcClient jdbc(String name) {
		return this.databases.get(name).jdbc("app");
	}

	private List<String> notes(String name) {
		return jdbc(name).sql("SELECT database || ' ' || what FROM note WHERE at = current_database() ORDER BY ctid")
			.query(String.class)
			.list();
	}

	private int removals(String name) {
		return jdbc(name).sql("SELECT count(*) FROM removal").query(Integer.class).single();
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ PgDispatchSchemaAutoConfiguration.class, PgDispatchAutoConfiguration.class,
			PgDispatchObservabilityAutoConfiguration.class })
	@Import({ ThreeDatabases.class, SimpleMeterRegistry.class, DeadLetters.class })
	static class Application {

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration(PgDispatchTestAutoConfiguration.class)
	@Import(Application.class)
	static class Tested {

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ PgDispatchSchemaAutoConfiguration.class, PgDispatchAutoConfiguration.class })
	static class TwoRoles {

		@Bean
		@PgDispatchDataSource
		DataSource app(@Value("${shared}") String url) {
			return new DriverManagerDataSource(url, "app", "");
		}

		@Bean
		@PgDispatchDataSource
		DataSource reports(@Value("${shared}") String url, @Value("${other}") String role) {
			return new DriverManagerDataSource(url, role, "");
		}

		@Bean
		JdbcTransactionManager appTransactions(@Qualifier("app") DataSource dataSource) {
			return new JdbcTransactionManager(dataSource);
		}

		@Bean
		JdbcTransactionManager reportsTransactions(@Qualifier("reports") DataSource dataSource) {
			return new JdbcTransactionManager(dataSource);
		}

	}

	static class DeadLetters {

		private final List<String> databases = new CopyOnWriteArrayList<>();

		@EventListener
		void on(DeadLetterEvent event) {
			this.databases.add(event.database());
		}

	}

	/**
	 * The transactions of this manager are of all databases, as those of JTA are.
	 */
	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ PgDispatchSchemaAutoConfiguration.class, PgDispatchAutoConfiguration.class })
	static class OneManager {

		@Bean
		@PgDispatchDataSource
		DataSource orders(@Value("${orders}") String url) {
			return new DriverManagerDataSource(url, "app", "");
		}

		@Bean
		@PgDispatchDataSource
		DataSource customers(@Value("${customers}") String url) {
			return new DriverManagerDataSource(url, "app", "");
		}

		@Bean
		PlatformTransactionManager transactions() {
			return new AbstractPlatformTransactionManager() {

				@Override
				protected Object doGetTransaction() {
					return this;
				}

				@Override
				protected void doBegin(Object transaction, TransactionDefinition definition) {
				}

				@Override
				protected void doCommit(DefaultTransactionStatus status) {
				}

				@Override
				protected void doRollback(DefaultTransactionStatus status) {
				}

			};
		}

	}

}
