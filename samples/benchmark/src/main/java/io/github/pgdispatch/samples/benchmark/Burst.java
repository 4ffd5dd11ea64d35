package io.github.pgdispatch.samples.benchmark;

import java.time.Duration;

import io.github.pgdispatch.test.PgCronHost;
import io.github.pgdispatch.test.PgCronServer;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Many jobs, dispatched by one transaction in a database that has been idle, and run by
 * pg_cron. Each inserts a row.
 *
 * @param contender who runs them
 * @param jobs how many they are
 * @param atMost how long they are waited for
 */
record Burst(Contender contender, int jobs, Duration atMost) {

	private static final long LOOK_MILLIS = 50;

	Result run(PgCronHost host) throws InterruptedException {
		try (PgCronServer server = PgCronServer.start(host, "fsync=on")) {
			TestDatabase database = server.database();
			this.contender.install(database);
			JdbcTemplate app = new JdbcTemplate(database.dataSource("app"));
			app.execute("CREATE TABLE effect (at timestamptz DEFAULT clock_timestamp())");
			app.execute("SELECT count(pgdispatch.fire('INSERT INTO public.effect DEFAULT VALUES')::text) "
					+ "FROM generate_series(1, " + this.jobs + ")");
			return await(app);
		}
	}

	private Result await(JdbcTemplate app) throws InterruptedException {
		long start = System.nanoTime();
		int done = 0;
		Duration took = Duration.ZERO;
		while (done < this.jobs && took.compareTo(this.atMost) < 0) {
			Thread.sleep(LOOK_MILLIS);
			Integer effects = app.queryForObject("SELECT count(*) FROM effect", Integer.class);
			done = (effects != null) ? effects : 0;
			took = Duration.ofNanos(System.nanoTime() - start);
		}
		return new Result(this, done, took);
	}

	/**
	 * What came of it.
	 *
	 * @param burst what was asked for
	 * @param done how many jobs were run
	 * @param took from the commit to the last job, or to the end of patience
	 */
	record Result(Burst burst, int done, Duration took) {

		double seconds() {
			return this.took.toMillis() / 1000.0;
		}

		double rate() {
			return this.done / seconds();
		}

	}

}
