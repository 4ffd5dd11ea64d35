package io.github.pgdispatch.autoconfigure;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

import javax.sql.DataSource;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.test.PostgresServer;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.datasource.AbstractDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that workers may connect in a way of their own, and that the application does not
 * start if that leads elsewhere.
 */
@PostgresTest
class WorkerDataSourceTests {

	private static final String URL = "pgdispatch.worker.datasource.url=";

	private static final String USERNAME = "pgdispatch.worker.datasource.username=";

	private static final String MARKED = "marked.url=";

	private TestDatabase database;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		database.jdbc("app").sql("CREATE TABLE worker (name text)").update();
	}

	private ApplicationContextRunner application(String... properties) {
		return TestApplication.of(this.database)
			.withConfiguration(AutoConfigurations.of(PgDispatchAutoConfiguration.class))
			.withPropertyValues("pgdispatch.schema.mode=none", "pgdispatch.transaction=supports",
					"pgdispatch.driver=application",
					"spring.datasource.hikari.data-source-properties.ApplicationName=application")
			.withPropertyValues(properties);
	}

	@Test
	void urlOfTheWorkersWithTheUserOfTheApplication() {
		application(URL + this.database.url() + "?ApplicationName=direct")
			.run((context) -> assertThat(worker(context)).isEqualTo("direct (pg-dispatch)"));
	}

	@Test
	void urlOfTheWorkersReplacesWhateverTheApplicationHas() {
		PGSimpleDataSource application = (PGSimpleDataSource) this.database.dataSource("app");
		application.setApplicationName("application");
		application(URL + this.database.url() + "?ApplicationName=direct").withBean(DataSource.class, () -> application)
			.run((context) -> assertThat(worker(context)).isEqualTo("direct (pg-dispatch)"));
	}

	@Test
	void emptyPropertiesAreNone() {
		application(URL, USERNAME, "pgdispatch.worker.datasource.password=")
			.run((context) -> assertThat(worker(context)).isEqualTo("application (pg-dispatch)"));
	}

	@Test
	void markedDataSource() {
		application(MARKED + this.database.url() + "?ApplicationName=marked").withUserConfiguration(Marked.class)
			.run((context) -> {
				assertThat(worker(context)).isEqualTo("marked (pg-dispatch)");
				assertThat(context.getBean(DataSource.class)).isNotSameAs(context.getBean("workers"));
			});
	}

	/**
	 * Returns what the session that runs a job calls itself.
	 */
	private String worker(AssertableApplicationContext context) {
		assertThat(context).hasNotFailed();
		context.getBean(PgDispatchTemplate.class)
			.fire("INSERT INTO public.worker SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()");
		return await()
			.until(() -> this.database.jdbc("app").sql("SELECT name FROM worker").query(String.class).list(),
					(names) -> names.size() == 1)
			.get(0);
	}

	@Test
	void otherDatabaseOfTheSameServer() {
		this.database.jdbc("postgres").sql("CREATE DATABASE wrong").update();
		try {
			String url = this.database.url().replaceFirst("/[^/]+$", "/wrong");
			assertThat(failure(URL + url).getDescription()).contains("would not find the jobs that it dispatches",
					"connect to the database 'wrong' at ",
					"the application connects to the database '" + this.database.name() + "' at ");
		}
		finally {
			this.database.jdbc("postgres").sql("DROP DATABASE wrong WITH (FORCE)").update();
		}
	}

	@Test
	void databaseOfTheSameNameOnAnotherServer() {
		try (PostgresServer other = PostgresServer.start("fsync=off")) {
			other.createDatabase().jdbc("postgres").sql("CREATE DATABASE " + this.database.name()).update();
			String url = new TestDatabase(other.createDatabase().port(), this.database.name()).url();
			assertThat(failure(URL + url).getDescription()).contains("would not find the jobs that it dispatches");
		}
	}

	@Test
	void otherRole() {
		PgDispatchConfigurationException failure = failure(USERNAME + "postgres");
		assertThat(failure.getDescription()).contains("would not run the jobs that it dispatches",
				"as the role postgres", "as the role app");
		assertThat(failure.getAction()).contains("pgdispatch.worker.datasource.*");
	}

	@Test
	void workersThatCannotConnect() {
		assertThat(failure(USERNAME + "nobody_of_that_name").getDescription())
			.contains("cannot connect to the database", "role \"nobody_of_that_name\" does not exist");
	}

	@Test
	void markedDataSourceAndProperties() {
		assertThat(failure(application(MARKED + this.database.url(), URL + this.database.url())
			.withUserConfiguration(Marked.class)).getAction())
			.isEqualTo("Remove either the annotation or the properties.");
	}

	@Test
	void severalMarkedDataSources() {
		assertThat(
				failure(application(MARKED + this.database.url()).withUserConfiguration(Marked.class, AlsoMarked.class))
					.getDescription())
			.contains("Several DataSources are marked", "workers", "others");
	}

	@Test
	void propertiesBesideADataSourceThatDoesNotTellItsSettings() {
		ApplicationContextRunner application = application(USERNAME + "app").withBean(DataSource.class,
				() -> new Opaque(this.database.dataSource("app")));
		assertThat(failure(application).getAction()).contains("@PgDispatchWorkerDataSource");
	}

	private PgDispatchConfigurationException failure(String property) {
		return failure(application(property));
	}

	private static PgDispatchConfigurationException failure(ApplicationContextRunner application) {
		List<Throwable> failures = new ArrayList<>();
		application.run((context) -> {
			for (Throwable cause = context.getStartupFailure(); cause != null; cause = cause.getCause()) {
				failures.add(cause);
			}
		});
		return failures.stream()
			.filter(PgDispatchConfigurationException.class::isInstance)
			.map(PgDispatchConfigurationException.class::cast)
			.findFirst()
			.orElseThrow();
	}

	/**
	 * A {@code DataSource} that only gives connections.
	 */
	private static final class Opaque extends AbstractDataSource {

		private final DataSource target;

		Opaque(DataSource target) {
			this.target = target;
		}

		@Override
		public Connection getConnection() throws SQLException {
			return this.target.getConnection();
		}

		@Override
		public Connection getConnection(String username, String password) throws SQLException {
			return this.target.getConnection(username, password);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Marked {

		@Bean(defaultCandidate = false)
		@PgDispatchWorkerDataSource
		DataSource workers(Environment environment) {
			PGSimpleDataSource dataSource = new PGSimpleDataSource();
			dataSource.setUrl(environment.getRequiredProperty("marked.url"));
			dataSource.setUser("app");
			return dataSource;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class AlsoMarked {

		@Bean(defaultCandidate = false)
		@PgDispatchWorkerDataSource
		DataSource others() {
			return new PGSimpleDataSource();
		}

	}

}
