package io.github.pgdispatch.extension;

import java.util.List;

import io.github.pgdispatch.test.PgCronServers;
import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import io.github.pgdispatch.test.NextVersion;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The extension, where a server has its files.
 */
@PgCronTest
@Execution(ExecutionMode.CONCURRENT)
class ExtensionTests {

	private final CronDatabase database;

	ExtensionTests(PgCronServers servers) {
		this.database = CronDatabase.on(servers.start());
	}

	@BeforeEach
	void prepare() {
		this.database.run("postgres", "ALTER DATABASE test OWNER TO app");
		this.database.createTableOfEffects();
	}

	@AfterEach
	void stop() {
		this.database.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "postgres", "app" })
	void runsJobsAndLeavesNothingWhenItIsDropped(String owner) {
		List<String> before = everything();
		this.database.run(owner, "CREATE EXTENSION pg_dispatch", "CALL pgdispatch.grant_to('app')");
		assertThat(this.database.values("""
				SELECT extversion || ' of ' || extowner::regrole || ' with ' || n.nspowner::regrole || '''s schema'
				  FROM pg_extension, pg_namespace AS n
				 WHERE extname = 'pg_dispatch' AND nspname = 'pgdispatch'"""))
			.containsExactly("%s of %2$s with %2$s's schema".formatted(TestDatabase.SCHEMA_VERSION, owner));
		this.database.fire(CronDatabase.effect("job"));
		this.database.awaitTrue("EXISTS (SELECT FROM effect)");
		this.database.awaitIdle();
		this.database.run(owner, "DROP EXTENSION pg_dispatch");
		assertThat(everything()).isEqualTo(before);
	}

	@Test
	void whatWaitsIsTakenFromPgCronByHand() {
		this.database.run("app", "CREATE EXTENSION pg_dispatch");
		List<String> before = this.database.values("SELECT jobname FROM cron.job");
		this.database.snooze(CronDatabase.effect("never"), "1 hour");
		this.database.run("app", "DROP EXTENSION pg_dispatch");
		assertThat(this.database.is("EXISTS (SELECT FROM cron.job)")).isTrue();
		this.database.run("postgres",
				"SELECT cron.unschedule(jobid) FROM cron.job WHERE jobname LIKE 'pgdispatch worker %'");
		assertThat(this.database.values("SELECT jobname FROM cron.job")).isEqualTo(before);
	}

	/**
	 * The owner of the extension, who is no superuser, does not even see them.
	 */
	@Test
	void workersOfOtherRolesRemoveThemselvesAfterTheExtensionWasDropped() {
		this.database.run("postgres", "CREATE ROLE reports LOGIN", "GRANT USAGE ON SCHEMA cron TO reports");
		this.database.run("app", "CREATE EXTENSION pg_dispatch", "CALL pgdispatch.grant_to('reports')");
		this.database.launch(false);
		this.database.run("reports", "SELECT pgdispatch.fire('SELECT 1')");
		this.database.run("app", "DROP EXTENSION pg_dispatch");
		assertThat(this.database.is("EXISTS (SELECT FROM cron.job WHERE username = 'reports')")).isTrue();
		this.database.launch(true);
		this.database.awaitTrue("NOT EXISTS (SELECT FROM cron.job)");
		assertThat(this.database.values("SELECT return_message FROM cron.job_run_details WHERE status = 'failed'"))
			.isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "postgres", "app" })
	void updatesWithWaitingJobsInPlace(String owner) {
		String extension = "pg_dispatch_of_" + owner;
		this.database.server().installExtension(NextVersion.get().extensionFiles(extension));
		this.database.run(owner, "CREATE EXTENSION " + extension + " VERSION '" + TestDatabase.SCHEMA_VERSION + "'",
				"CALL pgdispatch.grant_to('app')");
		this.database.fire(CronDatabase.effect("1 waiting"));
		this.database.snooze(CronDatabase.effect("2 snoozed"), "2 seconds");
		this.database.run(owner, "ALTER EXTENSION " + extension + " UPDATE");
		assertThat(this.database.values("SELECT pgdispatch.version()")).containsExactly(NextVersion.NAME);
		this.database.fire(CronDatabase.effect("3 new"));
		this.database.awaitTrue("(SELECT count(*) = 3 FROM effect)");
		assertThat(this.database.effects()).containsExactly("1 waiting", "2 snoozed", "3 new");
		this.database.awaitIdle();
		this.database.run(owner, "DROP EXTENSION " + extension);
		assertThat(this.database.is("to_regnamespace('pgdispatch') IS NULL")).isTrue();
	}

	private List<String> everything() {
		return this.database.values("""
				SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_temp%'
				 UNION ALL
				SELECT 'extension ' || extname FROM pg_extension
				 UNION ALL
				SELECT 'routine ' || oid::regprocedure FROM pg_proc
				 UNION ALL
				SELECT 'relation ' || oid::regclass FROM pg_class WHERE relnamespace <> 'pg_toast'::regnamespace
				 UNION ALL
				SELECT 'cron job ' || jobname FROM cron.job
				 UNION ALL
				SELECT 'cron run ' || command FROM cron.job_run_details
				 ORDER BY 1""");
	}

}
