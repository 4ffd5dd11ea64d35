package io.github.pgdispatch.samples.benchmark.scenario;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
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

	private static final List<Integer> JOBS = List.of(5_000, 31_000);

	/**
	 * How long pg_cron takes to start a worker where nothing runs: it looks for new cron
	 * jobs once a second, and starts one of them in the second after that.
	 */
	private static final double START_SECONDS = 2;

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final long LOOK_MILLIS = 50;

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		TestDatabase database = Sql.createDatabase(server);
		double pace = CommandDrain.rate(BenchmarkServer.jdbc(database, "app"), size.of(Collections.max(JOBS)));
		server.drop(database);
		for (int full : JOBS) {
			int jobs = size.of(full);
			Result ours = measure(server.cronDatabase(), CronContender.PG_DISPATCH, jobs, PATIENCE);
			Result theirs = measure(server.cronDatabase(), CronContender.CRON_JOB_PER_CALL, jobs, PATIENCE);
			lines.accept(new Line("S6",
					"a burst of %,d jobs run by pg_cron, against its start and the pace of S2".formatted(jobs),
					Samples.of(ours.seconds() / (START_SECONDS + jobs / pace)), "", Target.atMost(1.25),
					"%.1f s against %.1f s and %.1f s".formatted(ours.seconds(), START_SECONDS, jobs / pace)));
			lines.accept(
					new Line("S6", "a burst of %,d jobs run by pg_cron, against a cron job per call".formatted(jobs),
							Samples.of(ours.rate() / theirs.rate()), "", null, "%,d in %.1f s against %,d in %.1f s"
								.formatted(ours.done(), ours.seconds(), theirs.done(), theirs.seconds())));
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
