package io.github.pgdispatch.samples.benchmark.scenario;

import java.time.Duration;
import java.util.ArrayList;
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

import static org.awaitility.Awaitility.await;

/**
 * How soon after the commit a job starts that pg_cron runs: while others have just been
 * run, and in a database that was idle.
 */
public final class CronLatency implements Scenario {

	private static final int HOT = 200;

	private static final int COLD = 20;

	private static final long PAUSE_MILLIS = 50;

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		TestDatabase database = server.cronDatabase();
		Samples hot = measure(database, CronContender.PG_DISPATCH, size.of(HOT), false);
		Samples cold = measure(database, CronContender.PG_DISPATCH, size.of(COLD), true);
		Samples predecessor = measure(database, CronContender.CRON_JOB_PER_CALL, size.of(COLD), true);
		lines.accept(new Line("S5", "p50 from the commit to the start, pg_cron, one every 50 ms",
				Samples.of(hot.median()), "ms", Target.atMost(30), "p99 %.1f ms".formatted(hot.quantile(0.99))));
		lines.accept(
				new Line("S5", "p50 from the commit to the start, pg_cron, idle before, against a cron job per call",
						Samples.of(cold.median() / predecessor.median()), "", Target.atMost(1.1),
						"%,.0f ms (to %,.0f) against %,.0f ms (to %,.0f)".formatted(cold.median(), cold.highest(),
								predecessor.median(), predecessor.highest())));
	}

	private static Samples measure(TestDatabase database, CronContender contender, int jobs, boolean cold)
			throws Exception {
		contender.install(database);
		JdbcTemplate app = BenchmarkServer.jdbc(database, "app");
		// Until pg_cron has run one, which it begins to look for each second.
		await("a run by pg_cron").atMost(PATIENCE).pollInSameThread().until(() -> {
			dispatch(app, -1);
			return Background.count(app, "effect") > 0;
		});
		List<Double> latencies = new ArrayList<>();
		for (int i = 0; i < jobs; i++) {
			if (cold) {
				contender.awaitIdle(database);
			}
			dispatch(app, i);
			Thread.sleep(PAUSE_MILLIS);
		}
		contender.awaitIdle(database);
		app.query("SELECT extract(epoch FROM e.at - c.at) * 1000 FROM effect AS e JOIN committed AS c USING (number)"
				+ " WHERE number >= 0", (row) -> {
					latencies.add(Math.max(0.001, row.getDouble(1)));
				});
		if (latencies.size() != jobs) {
			throw new IllegalStateException("Of " + jobs + " jobs " + latencies.size() + " were run");
		}
		return new Samples(latencies);
	}

	/**
	 * In one transaction, which knows when it ends but for its commit.
	 */
	private static void dispatch(JdbcTemplate app, int number) {
		app.execute("SELECT pgdispatch.fire('INSERT INTO public.effect SELECT " + number
				+ "'); INSERT INTO committed SELECT " + number);
	}

}
