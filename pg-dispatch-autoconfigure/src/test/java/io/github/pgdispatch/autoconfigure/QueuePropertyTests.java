package io.github.pgdispatch.autoconfigure;

import io.github.pgdispatch.JobResults;
import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.driver.ResultWatch;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests for the properties {@code pgdispatch.queues}, and for the beans that operate and
 * wait.
 */
@PostgresTest
class QueuePropertyTests {

	private JdbcClient jdbc;

	private ApplicationContextRunner application;

	@BeforeEach
	void application(TestDatabase database) {
		this.jdbc = database.jdbc("app");
		this.application = TestApplication.of(database)
			.withConfiguration(AutoConfigurations.of(PgDispatchAutoConfiguration.class))
			.withPropertyValues("pgdispatch.schema.mode=jdbc");
	}

	@Test
	void queuesAreSetWhenTheApplicationStarts() {
		this.application
			.withPropertyValues("pgdispatch.queues.mail.concurrency=4", "pgdispatch.queues.mail.rate=100",
					"pgdispatch.queues.mail.per=1m", "pgdispatch.queues.[old Mails].concurrency=1",
					"pgdispatch.queues.fair.concurrency=4", "pgdispatch.queues.fair.per-key=2",
					"pgdispatch.queues.fair.rate-per-key=10", "spring.datasource.hikari.auto-commit=false")
			.run((context) -> assertThat(this.jdbc
				.sql("SELECT concat_ws(' ', name, concurrency, rate, per, per_key, rate_per_key) FROM pgdispatch.queue")
				.query(String.class)
				.list())
				.containsExactlyInAnyOrder("mail 4 100 00:01:00", "old Mails 1 00:00:01", "fair 4 00:00:01 2 10"));
	}

	@Test
	void badLimitsAreReported() {
		this.application.withPropertyValues("pgdispatch.queues.mail.concurrency=0")
			.run((context) -> assertThat(context).getFailure()
				.isInstanceOfSatisfying(PgDispatchConfigurationException.class, (ex) -> {
					assertThat(ex.getDescription()).isEqualTo(
							"The limits of the queue 'mail' are invalid: The concurrency must be positive, but is 0.");
					assertThat(ex.getAction()).isEqualTo("Correct the properties pgdispatch.queues.mail.*.");
				}));
	}

	@Test
	void historyIsKeptFromTheStartOn() {
		this.application
			.withPropertyValues("pgdispatch.history.retention=7d", "pgdispatch.queues.mail.history-retention=0",
					"spring.datasource.hikari.auto-commit=false")
			.run((context) -> assertThat(
					this.jdbc.sql("SELECT concat_ws(' ', queue, retention) FROM pgdispatch.history_retention")
						.query(String.class)
						.list())
				.containsExactlyInAnyOrder(" 168:00:00", "mail 00:00:00"));
	}

	@Test
	void badRetentionIsReported() {
		this.application.withPropertyValues("pgdispatch.queues.mail.history-retention=-1s")
			.run((context) -> assertThat(context).getFailure()
				.isInstanceOfSatisfying(PgDispatchConfigurationException.class,
						(ex) -> assertThat(ex.getDescription()).isEqualTo(
								"The property pgdispatch.queues.mail.history-retention is invalid: The time to keep the"
										+ " history must not be negative, but is PT-1S.")));
	}

	@Test
	void beansMayBeReplaced() {
		this.application.withBean(PgDispatchOperations.class, () -> mock(PgDispatchOperations.class))
			.withBean(JobResults.class, () -> mock(JobResults.class))
			.run((context) -> assertThat(context).hasSingleBean(PgDispatchOperations.class)
				.hasSingleBean(JobResults.class)
				.doesNotHaveBean(ResultWatch.class));
	}

	@Test
	void thereIsOneWatchWithAndWithoutWorkers() {
		this.application.run((context) -> assertThat(context).hasSingleBean(ResultWatch.class));
		this.application.withPropertyValues("pgdispatch.worker.enabled=false")
			.run((context) -> assertThat(context).hasSingleBean(ResultWatch.class)
				.doesNotHaveBean(WorkerConnections.class));
	}

}
