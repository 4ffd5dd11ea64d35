package io.github.pgdispatch.autoconfigure;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.annotation.AfterCommitDispatchPostProcessor;
import io.github.pgdispatch.driver.ApplicationDriver;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.datasource.lookup.IsolationLevelDataSourceRouter;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link PgDispatchAutoConfiguration}.
 */
@PostgresTest
@ExtendWith(OutputCaptureExtension.class)
class PgDispatchAutoConfigurationTests {

	private JdbcClient jdbc;

	private ApplicationContextRunner application;

	@BeforeEach
	void application(TestDatabase database) {
		this.jdbc = database.jdbc("app");
		this.jdbc.sql("CREATE TABLE effect (name text)").update();
		this.application = TestApplication.of(database)
			.withConfiguration(AutoConfigurations.of(PgDispatchAutoConfiguration.class))
			.withPropertyValues("pgdispatch.schema.mode=jdbc", "pgdispatch.worker.poll-interval=1h");
	}

	@Test
	void runsWhatIsDispatched() {
		this.application.run((context) -> {
			assertThat(context).hasSingleBean(AfterCommitDispatchPostProcessor.class);
			assertDispatches(context.getBean(PgDispatchTemplate.class),
					context.getBean(PlatformTransactionManager.class));
		});
	}

	@Test
	void runsWhatIsDispatchedOnVirtualThreads() {
		this.application.withPropertyValues("spring.threads.virtual.enabled=true")
			.run((context) -> assertDispatches(context.getBean(PgDispatchTemplate.class),
					context.getBean(PlatformTransactionManager.class)));
	}

	@Test
	void runsWhatIsDispatchedWithAPoolOfOneThatDoesNotAutoCommit() {
		this.application
			.withPropertyValues("spring.datasource.hikari.maximum-pool-size=1",
					"spring.datasource.hikari.auto-commit=false", "spring.datasource.hikari.read-only=false")
			.run((context) -> assertDispatches(context.getBean(PgDispatchTemplate.class),
					context.getBean(PlatformTransactionManager.class)));
	}

	@Test
	void workersLeaveThePoolOfTheApplicationAlone() {
		this.application.withPropertyValues("spring.datasource.hikari.maximum-pool-size=1").run((context) -> {
			assertThat(context).hasSingleBean(DataSource.class);
			TransactionTemplate transaction = new TransactionTemplate(
					context.getBean(PlatformTransactionManager.class));
			transaction.executeWithoutResult(
					(status) -> context.getBean(PgDispatchTemplate.class).fire("INSERT INTO effect VALUES ('fired')"));
			// The only connection is taken, and yet the job runs.
			transaction.executeWithoutResult((status) -> awaitEffect());
		});
	}

	@Test
	void workersFindThePoolBehindAProxy(TestDatabase database) {
		this.application.withBean(DataSource.class, () -> new LazyConnectionDataSourceProxy(
				DataSourceBuilder.create().type(HikariDataSource.class).url(database.url()).username("app").build()))
			.run((context) -> {
				assertDispatches(context.getBean(PgDispatchTemplate.class),
						context.getBean(PlatformTransactionManager.class));
				assertThat(context.getBean(WorkerConnections.class).dataSource().isWrapperFor(HikariDataSource.class))
					.isTrue();
			});
	}

	@Test
	void dataSourceMayBeAwareOfTransactions(TestDatabase database) {
		this.application.withBean(DataSource.class, () -> new TransactionAwareDataSourceProxy(
				DataSourceBuilder.create().type(HikariDataSource.class).url(database.url()).username("app").build()))
			.run((context) -> assertDispatches(context.getBean(PgDispatchTemplate.class),
					context.getBean(PlatformTransactionManager.class)));
	}

	@Test
	void dataSourceMayRouteToOneDatabase(TestDatabase database, CapturedOutput output) {
		HikariDataSource target = DataSourceBuilder.create()
			.type(HikariDataSource.class)
			.url(database.url())
			.username("app")
			.build();
		IsolationLevelDataSourceRouter router = new IsolationLevelDataSourceRouter();
		router.setTargetDataSources(Map.of("ISOLATION_SERIALIZABLE", target));
		router.setDefaultTargetDataSource(target);
		this.application.withBean(DataSource.class, () -> new LazyConnectionDataSourceProxy(router))
			.withInitializer((context) -> router.afterPropertiesSet())
			.withPropertyValues("pgdispatch.allow-routing-data-source=true")
			.run((context) -> {
				assertDispatches(context.getBean(PgDispatchTemplate.class),
						context.getBean(PlatformTransactionManager.class));
				target.close();
			});
		assertThat(output).containsOnlyOnce("The workers of this node run the jobs of one database only");
	}

	@Test
	void workersShareADataSourceThatIsNotKnownAndSaySo(TestDatabase database, CapturedOutput output) {
		DataSource unknown = new AbstractDataSource() {

			@Override
			public Connection getConnection() throws SQLException {
				return database.dataSource("app").getConnection();
			}

			@Override
			public Connection getConnection(String username, String password) {
				throw new UnsupportedOperationException();
			}

		};
		this.application.withBean(DataSource.class, () -> unknown)
			.run((context) -> assertDispatches(context.getBean(PgDispatchTemplate.class),
					context.getBean(PlatformTransactionManager.class)));
		assertThat(output).contains("The workers take up to 8 connections at a time");
	}

	@Test
	void withoutWorkersItOnlyDispatches() {
		this.application.withPropertyValues("pgdispatch.worker.enabled=false").run((context) -> {
			assertThat(context).doesNotHaveBean(ApplicationDriver.class).doesNotHaveBean(WorkerConnections.class);
			fire(context.getBean(PgDispatchTemplate.class), context.getBean(PlatformTransactionManager.class));
			assertThat(jobs()).isOne();
		});
	}

	@Test
	void withoutHikariItOnlyDispatches(TestDatabase database) {
		this.application.withClassLoader(new FilteredClassLoader(HikariDataSource.class))
			.withBean(DataSource.class, () -> database.dataSource("app"))
			.run((context) -> assertThat(context).hasSingleBean(PgDispatchTemplate.class)
				.doesNotHaveBean(ApplicationDriver.class));
	}

	@Test
	void withoutADataSourceThereIsNothing() {
		TestApplication.withoutDataSource()
			.withConfiguration(AutoConfigurations.of(PgDispatchAutoConfiguration.class))
			.withClassLoader(new FilteredClassLoader("org.postgresql", "com.zaxxer.hikari"))
			.run((context) -> assertThat(context).doesNotHaveBean(PgDispatchTemplate.class));
	}

	@Test
	void withoutJpaOnTheClassPathItWorks() {
		this.application.withClassLoader(new FilteredClassLoader("org.springframework.orm"))
			.run((context) -> assertThat(context).hasSingleBean(PgDispatchTemplate.class));
	}

	@Test
	void templateOfTheApplicationComesFirst() {
		PgDispatchTemplate template = mock(PgDispatchTemplate.class);
		this.application.withBean(PgDispatchTemplate.class, () -> template)
			.run((context) -> assertThat(context.getBean(PgDispatchTemplate.class)).isSameAs(template));
	}

	@Test
	void dispatchOutsideOfATransactionIsAllowedByProperty() {
		this.application.withPropertyValues("pgdispatch.transaction=supports").run((context) -> {
			context.getBean(PgDispatchTemplate.class).fire("INSERT INTO effect VALUES ('fired')");
			awaitEffect();
		});
	}

	@Test
	void transactionManagerOfAnotherDataSourceIsRefusedWhenTheApplicationStarts(TestDatabase database) {
		this.application
			.withBean("ofAnother", PlatformTransactionManager.class,
					() -> new JdbcTransactionManager(database.dataSource("app")))
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining(
						"No transaction manager manages the DataSource that pg-dispatch uses. These manage"
								+ " something else: ofAnother. Declare a JdbcTransactionManager"));
	}

	@Test
	void severalTransactionManagersOfTheDataSourceAreNamedWhenTheApplicationStarts(TestDatabase database) {
		this.application.withUserConfiguration(TwoTransactionManagers.class)
			.withBean("ofAnother", PlatformTransactionManager.class,
					() -> new JdbcTransactionManager(database.dataSource("app")))
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(PgDispatchConfigurationException.class, (ex) -> {
					assertThat(ex.getDescription())
						.endsWith("manages the DataSource that pg-dispatch uses: first, second.");
					assertThat(ex.getAction())
						.isEqualTo("Mark the one in whose transactions jobs are dispatched as @Primary.");
				}));
	}

	@Test
	void settingsThatMakeNoSenseAreRefusedWhenTheApplicationStarts() {
		Map.of("threads=0", "The number of threads must be positive", "concurrency=0",
				"The concurrency must be positive", "lease=10ms", "The lease must be a second or longer",
				"poll-interval=-1s", "The poll interval must be positive")
			.forEach((setting, reason) -> this.application.withPropertyValues("pgdispatch.worker." + setting)
				.run((context) -> assertThat(context).getFailure()
					.rootCause()
					.isInstanceOfSatisfying(PgDispatchConfigurationException.class, (ex) -> {
						assertThat(ex.getDescription()).contains(reason);
						assertThat(ex.getAction()).contains("pgdispatch.worker");
					})));
	}

	@Test
	void whereThereIsNoPgCronThatIsSaid(TestDatabase database, CapturedOutput output) {
		this.application.run((context) -> assertThat(output).contains(
				"Jobs are run by this node. While no node is alive, they wait, because there is no extension pg_cron in the "
						+ "database " + database.name()));
	}

	@Test
	void whereThereIsNoPgCronItCannotBeTheDriver(TestDatabase database) {
		this.application.withPropertyValues("pgdispatch.driver=pg-cron")
			.run((context) -> assertThat(context).getFailure()
				.isInstanceOfSatisfying(PgDispatchConfigurationException.class, (ex) -> {
					assertThat(ex.getDescription()).isEqualTo("pgdispatch.driver is pg-cron, but there is no extension "
							+ "pg_cron in the database " + database.name() + ", so that nobody would run the jobs.");
					assertThat(ex.getAction())
						.isEqualTo("Add pg_cron to the server's shared_preload_libraries, and as an administrator, in "
								+ "the database " + database.name()
								+ ": CREATE EXTENSION pg_cron; GRANT USAGE ON SCHEMA cron TO app;"
								+ " Or let the application run the jobs: set pgdispatch.driver to auto.");
				}));
	}

	@Test
	void driverThatThereIsNotIsRefused() {
		this.application.withPropertyValues("pgdispatch.driver=cron")
			.run((context) -> assertThat(context).getFailure().hasStackTraceContaining("pgdispatch.driver"));
	}

	@Test
	void stopsBeforeThePoolIsClosed(CapturedOutput output) {
		this.application.run((context) -> assertDispatches(context.getBean(PgDispatchTemplate.class),
				context.getBean(PlatformTransactionManager.class)));
		assertThat(output).doesNotContain("Lost the database").doesNotContain("lost its session");
	}

	private void assertDispatches(PgDispatchTemplate template, PlatformTransactionManager transactionManager) {
		fire(template, transactionManager);
		awaitEffect();
		await().untilAsserted(() -> assertThat(jobs()).isZero());
	}

	private static void fire(PgDispatchTemplate template, PlatformTransactionManager transactionManager) {
		new TransactionTemplate(transactionManager)
			.executeWithoutResult((status) -> template.fire("INSERT INTO effect VALUES ('fired')"));
	}

	private void awaitEffect() {
		await().untilAsserted(() -> assertThat(this.jdbc.sql("SELECT name FROM effect").query(String.class).list())
			.containsExactly("fired"));
	}

	private int jobs() {
		return this.jdbc.sql("SELECT count(*) FROM pgdispatch.job").query(Integer.class).single();
	}

	@Configuration(proxyBeanMethods = false)
	static class TwoTransactionManagers {

		@Bean
		PlatformTransactionManager first(DataSource dataSource) {
			return new JdbcTransactionManager(dataSource);
		}

		@Bean
		PlatformTransactionManager second(DataSource dataSource) {
			return new JdbcTransactionManager(dataSource);
		}

	}

}
