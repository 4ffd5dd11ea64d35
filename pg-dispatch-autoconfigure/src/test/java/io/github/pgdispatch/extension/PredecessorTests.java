package io.github.pgdispatch.extension;

import java.util.List;
import java.util.Map;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.schema.SchemaInitializer;
import io.github.pgdispatch.test.ExtensionFiles;
import io.github.pgdispatch.test.PgCronHost;
import io.github.pgdispatch.test.PgCronTest;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What was dispatched with pg_dispatch 0.1 is run after it was replaced.
 */
@PgCronTest
@Execution(ExecutionMode.CONCURRENT)
class PredecessorTests {

	private final PgCronHost host;

	PredecessorTests(PgCronHost host) {
		this.host = host;
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void waitingJobsOfThePredecessorRunAndSoDoNewOnes(boolean extension) {
		try (CronDatabase database = CronDatabase.start(this.host)) {
			database.server().installExtension(Map.of("pg_dispatch--0.1.5.sql", ExtensionFiles.predecessor()));
			database.run("postgres", "CREATE EXTENSION pg_dispatch VERSION '0.1.5'");
			database.createTableOfEffects();
			database.launch(false);
			database.fire(CronDatabase.effect("old"));
			database.snooze(CronDatabase.effect("old snoozed"), "3 seconds");
			assertThat(database.values("SELECT command FROM cron.job WHERE command LIKE '%pgdispatch.%'")).isEmpty();

			SchemaInitializer application = SchemaInitializer.jdbc(database.database().dataSource("app"), List.of());
			assertThatExceptionOfType(PgDispatchConfigurationException.class)
				.isThrownBy(application::afterPropertiesSet)
				.satisfies((failure) -> assertThat(failure.getDescription())
					.contains("belongs to the extension pg_dispatch 0.1.5"));
			database.run("postgres", "DROP EXTENSION pg_dispatch", "DROP SCHEMA IF EXISTS pgdispatch");
			if (extension) {
				database.run("app", "CREATE EXTENSION pg_dispatch");
			}
			application.afterPropertiesSet();

			database.fire(CronDatabase.effect("new"));
			assertThat(database.values("SELECT jobname FROM cron.job")).hasSize(3);
			database.launch(true);
			database.awaitTrue("(SELECT count(*) = 3 FROM effect)");
			assertThat(database.effects()).containsExactly("new", "old", "old snoozed");
			database.awaitTrue("NOT EXISTS (SELECT FROM cron.job)");
			assertThat(database.effects()).hasSize(3);
		}
	}

}
