package io.github.pgdispatch.extension;

import java.time.Duration;
import java.util.List;

import io.github.pgdispatch.test.PgCronHost;
import io.github.pgdispatch.test.PgCronServers;
import io.github.pgdispatch.test.PgCronTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.dao.DataAccessException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * A dump holds the queue, and a database that is restored from it does nothing by itself:
 * its jobs are the original's, which may be running them. Once something is dispatched in
 * it, it is a database like any other.
 */
@PgCronTest
@Execution(ExecutionMode.CONCURRENT)
class DumpAndRestoreTests {

	private final PgCronHost host;

	private final PgCronServers servers;

	DumpAndRestoreTests(PgCronHost host, PgCronServers servers) {
		this.host = host;
		this.servers = servers;
	}

	@ParameterizedTest(name = "extension: {0}, background workers: {1}")
	@CsvSource({ "false, on", "false, off", "true, on", "true, off" })
	void copyRunsNothingUntilSomethingIsDispatchedInIt(boolean extension, String useBackgroundWorkers) {
		try (CronDatabase original = start(useBackgroundWorkers);
				CronDatabase copy = startAnother(useBackgroundWorkers)) {
			install(original, extension);
			fillQueue(original);
			copy.launch(false);
			restore(original, copy);
			// On another machine its server would have the port that is in pg_cron's
			// rows.
			copy.run("postgres", "UPDATE cron.job SET nodeport = inet_server_port()");
			copy.launch(true);
			assertThat(queue(copy)).isEqualTo(queue(original));
			awaitNothing(copy);
			assertThat(queue(copy)).isEqualTo(queue(original));
			assertWorks(copy);
			assertThat(original.effects()).isEmpty();
		}
	}

	@ParameterizedTest(name = "background workers: {0}")
	@ValueSource(strings = { "on", "off" })
	void copyOnTheSameMachineAndItsOriginalEachRunWhatIsTheirs(String useBackgroundWorkers) {
		try (CronDatabase original = start(useBackgroundWorkers);
				CronDatabase copy = startAnother(useBackgroundWorkers)) {
			install(original, true);
			fillQueue(original);
			restore(original, copy);
			original.launch(true);
			original.awaitTrue("(SELECT count(*) = 2 FROM effect)");
			awaitNothing(copy);
			assertWorks(copy);
			assertThat(original.effects()).containsExactly("1 due", "2 snoozed");
			assertThat(original.values("SELECT command FROM pgdispatch.job"))
				.containsExactly(CronDatabase.effect("4 later"));
		}
	}

	/**
	 * A dump does not say who owns an extension. Whoever restores it owns it then.
	 */
	@Test
	void formerOwnerOfTheExtensionIsGrantedItAfterTheRestoreOfASuperuser() {
		try (CronDatabase original = start("off"); CronDatabase copy = startAnother("off")) {
			original.run("postgres", "GRANT CREATE ON DATABASE test TO app");
			original.run("app", "CREATE EXTENSION pg_dispatch");
			original.createTableOfEffects();
			original.launch(false);
			original.fire(CronDatabase.effect("1 due"));
			restore(original, copy);
			assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> copy.fire("SELECT 1"))
				.havingRootCause()
				.withMessageContaining("permission denied for schema pgdispatch");
			copy.run("postgres", "CALL pgdispatch.grant_to('app')");
			copy.fire(CronDatabase.effect("2 new"));
			copy.awaitTrue("(SELECT count(*) = 2 FROM effect)");
			assertThat(copy.effects()).containsExactly("1 due", "2 new");
		}
	}

	private void restore(CronDatabase original, CronDatabase copy) {
		String dump = this.host.createDirectory() + "/dump.sql";
		original.server().run("pg_dump", "-d", "test", "-f", dump);
		copy.server().run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", "test", "-f", dump);
	}

	private static void awaitNothing(CronDatabase copy) {
		await().during(Duration.ofSeconds(5)).until(() -> copy.is("NOT EXISTS (SELECT FROM effect)"));
	}

	private static void assertWorks(CronDatabase copy) {
		copy.fire(CronDatabase.effect("3 new"));
		copy.awaitTrue("(SELECT count(*) = 3 FROM effect)");
		assertThat(copy.effects()).containsExactly("1 due", "2 snoozed", "3 new");
		copy.awaitTrue("(SELECT count(*) FROM cron.job) = 2");
		assertThat(copy.values("SELECT DISTINCT database_id = pgdispatch.database_id() FROM pgdispatch.cron_worker"))
			.containsExactly("t");
		assertThat(copy.values("SELECT jobname FROM cron.job ORDER BY 1"))
			.isEqualTo(copy.values("SELECT pgdispatch.cron_name(id) FROM pgdispatch.cron_worker ORDER BY 1"));
	}

	private CronDatabase start(String useBackgroundWorkers) {
		return CronDatabase.on(this.servers.start("cron.use_background_workers=" + useBackgroundWorkers));
	}

	/**
	 * Starts the server of a copy, which is to know that it is another one.
	 */
	private CronDatabase startAnother(String useBackgroundWorkers) {
		return CronDatabase.on(this.servers.startAnother("cron.use_background_workers=" + useBackgroundWorkers));
	}

	private static void install(CronDatabase database, boolean extension) {
		if (extension) {
			database.run("postgres", "CREATE EXTENSION pg_dispatch");
		}
		else {
			database.database().install("postgres");
		}
		database.run("postgres", "CALL pgdispatch.grant_to('app')",
				"CALL pgdispatch.configure(cron_linger => '0', cron_workers => 3)");
		database.createTableOfEffects();
	}

	/**
	 * Leaves a job that is due and a worker that is about to come, and an alarm for one
	 * that is snoozed.
	 */
	private static void fillQueue(CronDatabase database) {
		database.run("app", "SELECT pgdispatch.keep_history('1 day')");
		database.fire("SELECT 1 / 0");
		database.snooze(CronDatabase.effect("2 snoozed"), "20 seconds");
		database.snooze(CronDatabase.effect("4 later"), "1 hour");
		database.awaitTrue("EXISTS (SELECT FROM pgdispatch.dead_letter)");
		// One row is enough for a job that is due so soon.
		database.awaitTrue("ARRAY['alarm'] = ARRAY(SELECT purpose FROM pgdispatch.cron_worker)");
		database.launch(false);
		database.fire(CronDatabase.effect("1 due"));
		assertThat(database.values("SELECT purpose FROM pgdispatch.cron_worker ORDER BY 1")).containsExactly("alarm",
				"work");
	}

	private static List<String> queue(CronDatabase database) {
		return database.values("""
				SELECT j::text FROM pgdispatch.job AS j
				 UNION ALL
				SELECT d::text FROM pgdispatch.dead_letter AS d
				 UNION ALL
				SELECT s::text FROM pgdispatch.setting AS s
				 UNION ALL
				SELECT h::text FROM pgdispatch.history AS h
				 UNION ALL
				SELECT r::text FROM pgdispatch.history_retention AS r
				 ORDER BY 1""");
	}

}
