package io.github.pgdispatch.samples.benchmark.contender;

import java.time.Duration;

import io.github.pgdispatch.test.ExtensionFiles;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcTemplate;

import static org.awaitility.Awaitility.await;

/**
 * Somebody who provides {@code pgdispatch.fire}, and has pg_cron run the jobs.
 */
public enum CronContender {

	PG_DISPATCH("pg-dispatch") {

		@Override
		void installInto(TestDatabase database) {
			database.install("postgres");
			new JdbcTemplate(database.dataSource("postgres")).execute("CALL pgdispatch.grant_to('app')");
		}

	},

	/**
	 * As pg_dispatch 0.1 works, in our own words.
	 */
	CRON_JOB_PER_CALL("a cron job per call") {

		@Override
		void installInto(TestDatabase database) {
			new JdbcTemplate(database.dataSource("postgres")).execute(ExtensionFiles.predecessor());
		}

	};

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	private final String title;

	CronContender(String title) {
		this.title = title;
	}

	abstract void installInto(TestDatabase database);

	/**
	 * Takes the place of whoever was there.
	 * @param database with pg_cron
	 */
	public void install(TestDatabase database) {
		JdbcTemplate postgres = new JdbcTemplate(database.dataSource("postgres"));
		postgres.execute("DELETE FROM cron.job");
		postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
				+ "WHERE datname = current_database() AND pid <> pg_backend_pid()");
		postgres.execute("DROP SCHEMA IF EXISTS pgdispatch CASCADE");
		postgres.execute("DROP TABLE IF EXISTS public.effect, public.committed");
		postgres.execute("TRUNCATE cron.job_run_details");
		installInto(database);
		for (String table : new String[] { "effect", "committed" }) {
			new JdbcTemplate(database.dataSource("app")).execute("CREATE TABLE public." + table
					+ " (number bigint, at timestamptz NOT NULL DEFAULT clock_timestamp())");
		}
	}

	/**
	 * Waits until there is no trace of what has run.
	 * @param database with pg_cron
	 */
	public void awaitIdle(TestDatabase database) {
		JdbcTemplate postgres = new JdbcTemplate(database.dataSource("postgres"));
		await("the last cron job").atMost(PATIENCE)
			.pollInSameThread()
			.pollInterval(Duration.ofMillis(20))
			.until(() -> Background.count(postgres, "cron.job") == 0);
	}

	@Override
	public String toString() {
		return this.title;
	}

}
