package io.github.pgdispatch.autoconfigure;

import java.util.Map;

import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the properties {@code pgdispatch.retry} and {@code pgdispatch.time-limit}.
 */
@PostgresTest
class RetryPropertiesTests {

	private JdbcClient jdbc;

	private ApplicationContextRunner application;

	@BeforeEach
	void application(TestDatabase database) {
		this.jdbc = database.jdbc("app");
		this.application = TestApplication.of(database)
			.withConfiguration(AutoConfigurations.of(PgDispatchAutoConfiguration.class))
			.withPropertyValues("pgdispatch.schema.mode=jdbc", "pgdispatch.worker.enabled=false");
	}

	@Test
	void byDefaultThereAreTenAttempts() {
		assertThat(dispatched()).containsEntry("max_attempts", 10).containsEntry("managed", null);
	}

	@Test
	void oneAttemptCostsNothing() {
		this.application = this.application.withPropertyValues("pgdispatch.retry.max-attempts=1",
				"pgdispatch.retry.back-off=5s");
		assertThat(dispatched()).containsEntry("max_attempts", null).containsEntry("managed", null);
	}

	@Test
	void backOffIsPassedIfTheDatabaseHasAnother() {
		this.application = this.application.withPropertyValues("pgdispatch.retry.back-off=5s");
		assertThat(dispatched()).containsEntry("managed", true);
		assertThat(this.jdbc
			.sql("SELECT concat_ws(' ', back_off, back_off_multiplier, max_back_off, time_limit)"
					+ " FROM pgdispatch.managed_job")
			.query(String.class)
			.single()).isEqualTo("00:00:05 2 00:10:00");
	}

	@Test
	void timeLimitIsPassed() {
		this.application = this.application.withPropertyValues("pgdispatch.time-limit=30s");
		assertThat(dispatched()).containsEntry("managed", true);
		assertThat(this.jdbc.sql("SELECT time_limit = '30 s' AND back_off IS NULL FROM pgdispatch.managed_job")
			.query(Boolean.class)
			.single()).isTrue();
	}

	@Test
	void handlersOfOtherNodesCanBeCalledWithoutJackson() {
		this.application.withClassLoader(new FilteredClassLoader("tools.jackson"))
			.run((context) -> transaction(context.getBean(PlatformTransactionManager.class))
				.executeWithoutResult((status) -> context.getBean(PgDispatchTemplate.class)
					.dispatch(Dispatch.handler("mailer.send", "{}"))));
		assertThat(this.jdbc.sql("SELECT handler FROM pgdispatch.handler_job").query(String.class).single())
			.isEqualTo("mailer.send");
	}

	@Test
	void badValuesAreReported() {
		assertDoesNotStart("pgdispatch.retry.max-attempts=0",
				"The maximum number of attempts must be positive, but is 0");
		assertDoesNotStart("pgdispatch.retry.back-off=-1s", "The back-off must not be negative, but is PT-1S");
		assertDoesNotStart("pgdispatch.retry.back-off-multiplier=0.9",
				"The back-off multiplier must be from 1 to 1000, but is 0.9");
		assertDoesNotStart("pgdispatch.retry.max-back-off=10ms",
				"The maximum back-off must not be shorter than the back-off of PT1S, but is PT0.01S");
		assertDoesNotStart("pgdispatch.time-limit=0s", "The time limit must be at least one millisecond, but is PT0S");
	}

	private void assertDoesNotStart(String property, String reason) {
		this.application.withPropertyValues(property)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(PgDispatchConfigurationException.class, (ex) -> {
					assertThat(ex.getDescription()).contains(reason);
					assertThat(ex.getAction()).contains("pgdispatch.retry", "pgdispatch.time-limit");
				}));
	}

	private Map<String, Object> dispatched() {
		this.application.run((context) -> transaction(context.getBean(PlatformTransactionManager.class))
			.executeWithoutResult((status) -> context.getBean(PgDispatchTemplate.class).fire("SELECT 1")));
		return this.jdbc.sql("SELECT max_attempts::integer AS max_attempts, managed FROM pgdispatch.job")
			.query()
			.singleRow();
	}

	private static TransactionTemplate transaction(PlatformTransactionManager transactionManager) {
		return new TransactionTemplate(transactionManager);
	}

}
