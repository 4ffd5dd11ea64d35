package io.github.pgdispatch.samples.benchmark.scenario;

import java.time.Duration;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.contender.Background;
import io.github.pgdispatch.samples.benchmark.contender.CronContender;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Samples;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Many jobs, dispatched by one transaction in a database that was idle, and run by
 * pg_cron. Each inserts a row. Nobody is waited for longer than a minute.
 */
public final class Burst implements Scenario {

	private static final int[] JOBS = { 5_000, 31_000 };

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final long LOOK_MILLIS = 50;

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		for (int full : JOBS) {
			int jobs = size.of(full);
			Result ours = measure(server.cronDatabase(), CronContender.PG_DISPATCH, jobs, PATIENCE);
			Result theirs = measure(server.cronDatabase(), CronContender.CRON_JOB_PER_CALL, jobs, PATIENCE);
			lines.accept(
					new Line("S6", "a burst of %,d jobs run by pg_cron, against a cron job per call".formatted(jobs),
							Samples.of(ours.rate() / theirs.rate()), "", Target.atLeast(50),
							"%,d in %.1f s against %,d in %.1f s".formatted(ours.done(), ours.seconds(), theirs.done(),
									theirs.seconds())));
		}
	}

	static Result measure(TestDatabase database, CronContender contender, int jobs, Duration patience)
			throws InterruptedException {
		contender.install(database);
		JdbcTemplate app = BenchmarkServer.jdbc(database, "app");
		app.execute(Sql.fireMany("INSERT INTO public.effect SELECT 1", jobs));
		long start = System.nanoTime();
		int done = 0;
		Duration took = Duration.ZERO;
		while (done < jobs && took.compareTo(patience) < 0) {
			Thread.sleep(LOOK_MILLIS);
			done = (int) Background.count(app, "effect");
			took = Duration.ofNanos(System.nanoTime() - start);
		}
		return new Result(done, took.toMillis() / 1000.0);
	}

	/**
	 * What came of it.
	 *
	 * @param done how many jobs were run
	 * @param seconds from the commit to the last job, or to the end of patience
	 */
	record Result(int done, double seconds) {

		double rate() {
			return this.done / this.seconds;
		}

	}

}
