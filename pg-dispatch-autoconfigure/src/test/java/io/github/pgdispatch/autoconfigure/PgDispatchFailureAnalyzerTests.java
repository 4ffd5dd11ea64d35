package io.github.pgdispatch.autoconfigure;

import javax.sql.DataSource;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.ds.PGSimpleDataSource;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Tests for {@link PgDispatchFailureAnalyzer} and {@link UnusableSchemaFailureAnalyzer}.
 */
@PostgresTest
@ExtendWith(OutputCaptureExtension.class)
class PgDispatchFailureAnalyzerTests {

	@Test
	void whatIsMissingInTheDatabase(TestDatabase database, CapturedOutput output) {
		assertDoesNotStart(OneDataSource.class, "--spring.datasource.url=" + database.url(),
				"--spring.datasource.username=app", "--pgdispatch.schema.mode=validate");
		assertThat(output).contains("APPLICATION FAILED TO START",
				"Description:\n\nThere is no schema of pg-dispatch in the database " + database.name(),
				"Action:\n\nInstall it with the SQL that 'java -jar pg-dispatch-autoconfigure.jar' prints");
	}

	@Test
	void whichDataSourcesThereAreToChooseFrom(CapturedOutput output) {
		assertDoesNotStart(TwoDataSources.class);
		assertThat(output).contains("APPLICATION FAILED TO START",
				"Description:\n\npg-dispatch cannot tell which DataSource to use, as there are several to choose from: orders, archive.",
				"Action:\n\nMark those in whose transactions jobs are dispatched");
	}

	@Test
	void whichMethodCannotBeRunForJobs(TestDatabase database, CapturedOutput output) {
		assertDoesNotStart(OneHandler.class, "--spring.datasource.url=" + database.url(),
				"--spring.datasource.username=app", "--pgdispatch.schema.mode=jdbc");
		assertThat(output).contains("APPLICATION FAILED TO START",
				"Description:\n\n@AfterCommitDispatch on int " + OneHandler.class.getName()
						+ ".welcome(long): The method must return void",
				"Action:\n\nCorrect the annotation or the method.");
	}

	@Test
	void whatToDoIfNobodyHasCheckedTheSchema(TestDatabase database, CapturedOutput output) {
		assertDoesNotStart(NoHandler.class, "--spring.datasource.url=" + database.url(),
				"--spring.datasource.username=app", "--pgdispatch.schema.mode=none",
				"--pgdispatch.queues.mail.concurrency=1");
		assertThat(output).contains("APPLICATION FAILED TO START",
				"role of the application: ERROR: schema \"pgdispatch\" does not exist",
				"Action:\n\nSet pgdispatch.schema.mode to liquibase or jdbc");
	}

	@Test
	void whichPropertyOfTheHistoryIsInvalid(TestDatabase database, CapturedOutput output) {
		assertDoesNotStart(NoHandler.class, "--spring.datasource.url=" + database.url(),
				"--spring.datasource.username=app", "--pgdispatch.schema.mode=jdbc",
				"--pgdispatch.history.retention=-1s");
		assertThat(output).contains("Description:\n\nThe property pgdispatch.history.retention is invalid:"
				+ " The time to keep the history must not be negative, but is PT-1S.");
	}

	private static void assertDoesNotStart(Class<?> configuration, String... args) {
		SpringApplication application = new SpringApplication(configuration);
		application.setWebApplicationType(WebApplicationType.NONE);
		assertThatException().isThrownBy(() -> application.run(args));
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ DataSourceAutoConfiguration.class, PgDispatchSchemaAutoConfiguration.class })
	static class OneDataSource {

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ DataSourceAutoConfiguration.class, DataSourceTransactionManagerAutoConfiguration.class,
			PgDispatchSchemaAutoConfiguration.class, PgDispatchAutoConfiguration.class })
	static class OneHandler {

		@AfterCommitDispatch
		int welcome(long id) {
			return 1;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration(PgDispatchSchemaAutoConfiguration.class)
	static class TwoDataSources {

		@Bean
		DataSource orders() {
			return new PGSimpleDataSource();
		}

		@Bean
		DataSource archive() {
			return new PGSimpleDataSource();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ DataSourceAutoConfiguration.class, DataSourceTransactionManagerAutoConfiguration.class,
			PgDispatchSchemaAutoConfiguration.class, PgDispatchAutoConfiguration.class })
	static class NoHandler {

	}

}
