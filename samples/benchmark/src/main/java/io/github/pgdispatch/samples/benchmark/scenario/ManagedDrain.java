package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Measurement;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * How quickly one worker runs SQL jobs that have an option, beside those without one. It
 * begins as a driver does that has just run quick jobs.
 */
public final class ManagedDrain implements Scenario {

	private static final int JOBS = 20_000;

	private static final Map<String, String> OPTIONS = options();

	private static final String PLAIN = "plain";

	private static Map<String, String> options() {
		Map<String, String> options = new LinkedHashMap<>();
		options.put("S15", "key => concat('key ', i)");
		options.put("S16", "ordering_key => concat('order ', i % 100)");
		options.put("S17", "queue => 'of 4'");
		options.put("S18", "keep_result => '1 hour'");
		return options;
	}

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		TestDatabase database = Sql.createDatabase(server);
		JdbcTemplate app = BenchmarkServer.jdbc(database, "app");
		app.execute("SELECT pgdispatch.set_queue('of 4', concurrency => 4)");
		int jobs = size.of(JOBS);
		Map<String, Measurement> measurements = new LinkedHashMap<>();
		measurements.put(PLAIN, () -> rate(app, jobs, "max_attempts => 1"));
		OPTIONS.forEach((row, option) -> measurements.put(row, () -> rate(app, jobs, option)));
		Comparison<String> rates = size.rounds().measure(measurements);
		OPTIONS
			.forEach((row, option) -> lines.accept(new Line(row, "SQL jobs with `" + option + "`, against plain ones",
					rates.ratios(row, PLAIN), "", Target.atLeast(0.3), rates.perSecond(row, PLAIN))));
		server.drop(database);
	}

	private static double rate(JdbcTemplate app, int jobs, String option) {
		return CommandDrain.drain(app, jobs, "SELECT count(pgdispatch.dispatch($job$" + Sql.EFFECT + "$job$, " + option
				+ ")) FROM generate_series(1, " + jobs + ") AS i", "CALL pgdispatch.work(prefetch => 500)");
	}

}
