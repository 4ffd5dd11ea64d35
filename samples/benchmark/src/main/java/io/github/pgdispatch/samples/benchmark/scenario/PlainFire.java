package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.Map;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * What is not used costs nothing: a plain {@code fire}, and the run of its job, beside
 * those of the schema before it knew more of jobs than that.
 */
public final class PlainFire implements Scenario {

	private static final int JOBS = 100_000;

	private static final Target TARGET = Target.atLeast(0.95);

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		TestDatabase now = server.createDatabaseWithSchema();
		TestDatabase before = server.createDatabase().install("app", "1.2.0");
		int jobs = size.of(JOBS);
		Comparison<TestDatabase> fired = size.rounds()
			.measure(Map.of(now, () -> fire(now, jobs), before, () -> fire(before, jobs)));
		lines.accept(line("plain `fire`s in one transaction", fired, now, before));
		Comparison<TestDatabase> run = size.rounds()
			.measure(Map.of(now, () -> drain(now, jobs), before, () -> drain(before, jobs)));
		lines.accept(line("runs of plain jobs", run, now, before));
		server.drop(now);
		server.drop(before);
	}

	private static Line line(String what, Comparison<TestDatabase> rates, TestDatabase now, TestDatabase before) {
		return new Line("S0", what + ", against schema 1.2.0", rates.ratios(now, before), "", TARGET,
				rates.perSecond(now, before));
	}

	private static double fire(TestDatabase database, int jobs) {
		JdbcTemplate app = BenchmarkServer.jdbc(database, "app");
		app.execute("TRUNCATE pgdispatch.job");
		long start = System.nanoTime();
		app.execute(Sql.fireMany("SELECT 1", jobs));
		return jobs * 1e9 / (System.nanoTime() - start);
	}

	private static double drain(TestDatabase database, int jobs) {
		JdbcTemplate app = BenchmarkServer.jdbc(database, "app");
		app.execute("TRUNCATE pgdispatch.job");
		return Sql.drain(app, "SELECT 1", jobs);
	}

}
