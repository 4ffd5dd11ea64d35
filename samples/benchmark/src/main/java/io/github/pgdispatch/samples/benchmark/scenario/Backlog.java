package io.github.pgdispatch.samples.benchmark.scenario;

import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.contender.Background;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Measurement;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Whether jobs are run as quickly however many others wait.
 */
public final class Backlog implements Scenario {

	private static final int FEW = 10_000;

	private static final int MANY = 1_000_000;

	private static final Target TARGET = Target.atLeast(0.9);

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		TestDatabase few = Sql.createDatabase(server);
		TestDatabase many = Sql.createDatabase(server);
		TestDatabase snoozed = Sql.createDatabase(server);
		int crowd = size.of(MANY);
		dispatch(snoozed, crowd, "'1 day'");
		Map<TestDatabase, Measurement> measurements = new LinkedHashMap<>();
		measurements.put(few, () -> measure(few, FEW));
		measurements.put(many, () -> measure(many, crowd));
		measurements.put(snoozed, () -> measure(snoozed, FEW));
		Comparison<TestDatabase> rates = size.rounds().measure(measurements);
		lines.accept(new Line("S8", "jobs run of %,d that wait, against %,d".formatted(crowd, FEW),
				rates.ratios(many, few), "", TARGET, rates.perSecond(many, few)));
		lines.accept(new Line("S8", "jobs run with %,d snoozed ones beside them, against none".formatted(crowd),
				rates.ratios(snoozed, few), "", TARGET, rates.perSecond(snoozed, few)));
		server.drop(few);
		server.drop(many);
		server.drop(snoozed);
	}

	private static void dispatch(TestDatabase database, int jobs, String delay) {
		BenchmarkServer.jdbc(database, "app")
			.execute("SELECT count(pgdispatch.snooze($job$" + Sql.EFFECT + "$job$, " + delay + ")::text)"
					+ " FROM generate_series(1, " + jobs + ")");
	}

	/**
	 * Runs as many jobs as the fewer are.
	 */
	private static double measure(TestDatabase database, int waiting) throws SQLException {
		JdbcTemplate app = BenchmarkServer.jdbc(database, "app");
		dispatch(database, waiting - (int) Background.count(app, "pgdispatch.job WHERE due_at <= now()"), "'0'");
		app.execute("TRUNCATE effect");
		try (Worker worker = new Worker(database)) {
			long start = System.nanoTime();
			while (worker.completed() < FEW / 2) {
				worker.work(Duration.ofMillis(20));
			}
			return worker.completed() * 1e9 / (System.nanoTime() - start);
		}
	}

}
