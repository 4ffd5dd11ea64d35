package io.github.pgdispatch.cron;

import java.sql.SQLException;
import java.time.Duration;

import io.github.pgdispatch.test.PgCronTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.StrangersCode;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Nothing that a stranger has defined is called by the workers of pg_cron, nor by those
 * who schedule them, whatever their search path is.
 */
@PgCronTest
@Execution(ExecutionMode.CONCURRENT)
class PgCronStrangersCodeTests {

	private static final Duration SOON = Duration.ofSeconds(60);

	private final TestDatabase database;

	PgCronStrangersCodeTests(TestDatabase database) {
		this.database = database;
	}

	@Test
	void everythingRunsWithoutIt() throws SQLException {
		this.database.install("postgres");
		StrangersCode code = new StrangersCode(this.database).define();
		try (Session admin = new Session(this.database, "postgres")) {
			admin.run("CREATE TABLE public.effect (job pg_catalog.text)", "GRANT ALL ON public.effect TO app",
					"CALL pgdispatch.configure(cron_linger => '0')");
			code.expose("app", StrangersCode.CARELESS_PATH);
			code.reset();
			try (Session app = new Session(this.database, "app")) {
				dispatch(app);
				await().atMost(SOON)
					.untilAsserted(() -> assertThat(admin.values("SELECT job FROM public.effect ORDER BY 1"))
						.containsExactly("all", "all", "fired", "quick", "repeatable", "serializable", "snoozed"));
				String vacuum = app.value("SELECT pgdispatch.dispatch('VACUUM public.effect', transactional => false)");
				await().atMost(SOON)
					.until(() -> admin
						.value("SELECT held_by FROM pgdispatch.managed_job WHERE id = " + vacuum) != null);
				app.run("SELECT pgdispatch.poll_queue(10, true)",
						"SELECT pgdispatch.cancel(" + vacuum + ", '1 second')", "SELECT pgdispatch.end_polling()");
				// pg_cron would begin it with the next minute of the clock.
				admin.run("UPDATE cron.job SET schedule = '1 second' WHERE command LIKE 'VACUUM%'");
				await().atMost(SOON).until(() -> admin.value("SELECT count(*) FROM cron.job").equals("0"));
			}
			assertThat(admin.values("SELECT message FROM pgdispatch.dead_letter")).hasSize(1)
				.allMatch((message) -> message.contains("time limit"));
			assertThat(code.called()).isEmpty();
		}
	}

	private static void dispatch(Session app) throws SQLException {
		app.run("SELECT pgdispatch.fire('%s')".formatted(quoted("fired")),
				"SELECT pgdispatch.fire_all(ARRAY['%1$s', '%1$s'])".formatted(quoted("all")), "BEGIN",
				"SELECT pgdispatch.fire('%s')".formatted(quoted("quick")),
				"SELECT pgdispatch.fire('SELECT pg_catalog.pg_sleep(2)')", "COMMIT",
				"SELECT pgdispatch.dispatch('SELECT pg_catalog.pg_sleep(60)', time_limit => '1 second')",
				"SELECT pgdispatch.snooze('%s', '4 seconds')".formatted(quoted("snoozed")),
				"BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT pgdispatch.fire('%s')".formatted(quoted("repeatable")),
				"COMMIT", "BEGIN ISOLATION LEVEL SERIALIZABLE",
				"SELECT pgdispatch.fire('%s')".formatted(quoted("serializable")), "COMMIT");
	}

	private static String quoted(String job) {
		return CronQueue.effect(job).replace("'", "''");
	}

}
