package io.github.pgdispatch.extension;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.pgdispatch.PgDispatchConfigurationException;
import io.github.pgdispatch.schema.SchemaInitializer;
import io.github.pgdispatch.test.ExtensionFiles;
import io.github.pgdispatch.test.PgCronServers;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.TestDatabase;
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

	private final PgCronServers servers;

	PredecessorTests(PgCronServers servers) {
		this.servers = servers;
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void waitingJobsOfThePredecessorRunAndSoDoNewOnes(boolean extension) {
		try (CronDatabase database = CronDatabase.on(this.servers.start())) {
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

	/**
	 * It would be lost without an error if the new schema was not there when it runs,
	 * since the predecessor ignores all errors.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "pg_dispatch", "\"Snehil_Shah@pg_dispatch\"" })
	void waitingJobOfThePredecessorThatItselfDispatchesIsNotLost(String extension) throws IOException {
		try (CronDatabase database = CronDatabase.on(this.servers.start())) {
			database.server()
				.installExtension(Map.of("pg_dispatch--0.1.5.sql", ExtensionFiles.predecessor(),
						"Snehil_Shah@pg_dispatch.control", ExtensionFiles.control(),
						"Snehil_Shah@pg_dispatch--0.1.5.sql", ExtensionFiles.predecessor()));
			database.run("postgres", "CREATE EXTENSION " + extension + " VERSION '0.1.5'",
					"GRANT CREATE ON DATABASE test TO app");
			database.createTableOfEffects();
			database.run("app", "CREATE FUNCTION public.remind() RETURNS void LANGUAGE plpgsql AS $$ BEGIN "
					+ "PERFORM pgdispatch.fire($job$" + CronDatabase.effect("reminded") + "$job$); END $$");
			database.launch(false);
			database.fire("SELECT public.remind()");
			replaceAsThePageSays(database, extension);
			database.launch(true);
			database.awaitTrue("(SELECT count(*) = 1 FROM effect)");
			assertThat(database.effects()).containsExactly("reminded");
		}
	}

	private static void replaceAsThePageSays(CronDatabase database, String extension) throws IOException {
		String page = Files.readString(Path.of("..", "docs", "migrating", "from-pg-dispatch-0.1.md"));
		Matcher command = Pattern.compile("\npsql (--single-transaction .*) -f pg_dispatch.sql\n").matcher(page);
		assertThat(command.find()).isTrue();
		List<String> arguments = new ArrayList<>(List.of("-d", "test"));
		Matcher argument = Pattern.compile("'([^']*)'|(\\S+)").matcher(command.group(1));
		while (argument.find()) {
			arguments.add((argument.group(1) != null) ? argument.group(1) : argument.group(2));
		}
		arguments.replaceAll((text) -> text.replace("DROP EXTENSION pg_dispatch", "DROP EXTENSION " + extension));
		arguments.addAll(List.of("-f", database.server().write("pg_dispatch.sql", TestDatabase.script())));
		database.server().run("psql", arguments.toArray(String[]::new));
	}

}
