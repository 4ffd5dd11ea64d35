package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.contender.SpecialPgDispatch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Measurement;
import io.github.pgdispatch.samples.benchmark.peer.CountedTasks;
import io.github.pgdispatch.samples.benchmark.peer.PgBoss;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.test.TestDatabase;

/**
 * How quickly the jobs of a batch and the one that follows are dispatched and run, beside
 * as many jobs without a batch, and others.
 */
public final class Batches implements Scenario {

	private static final int JOBS = 50_000;

	private static final Contender COMMANDS = SpecialPgDispatch.manyCommands();

	private static final Contender COUNTED = new CountedTasks();

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		int jobs = size.of(JOBS);
		Map<Object, Measurement> measurements = new LinkedHashMap<>();
		for (Contender plain : List.of(COMMANDS, PgDispatch.METHOD, PgDispatch.TRANSACTIONAL_METHOD)) {
			measurements.put(plain, () -> NodeDrain.rateFromDispatch(server, jobs, jobs, plain));
		}
		List<Contender> batches = new ArrayList<>(List.of(COUNTED));
		Stream.of(PgDispatch.values()).map(SpecialPgDispatch::batch).forEach(batches::add);
		// With the row of the job that follows.
		batches.forEach(
				(batch) -> measurements.put(batch, () -> NodeDrain.rateFromDispatch(server, jobs, jobs + 1, batch)));
		if (PgBoss.isAvailable()) {
			measurements.put(PgBoss.TITLE, () -> flow(server, jobs));
		}
		else {
			System.err.println("S22 is without pg-boss, as node and npm are not on the path");
		}
		Comparison<Object> rates = size.rounds().measure(measurements);
		tell(rates, PgDispatch.COMMAND, COMMANDS, "SQL by one statement", lines);
		tell(rates, PgDispatch.METHOD, PgDispatch.METHOD, "as many calls", lines);
		tell(rates, PgDispatch.TRANSACTIONAL_METHOD, PgDispatch.TRANSACTIONAL_METHOD, "as many calls", lines);
		tell(rates, PgDispatch.TRANSACTIONAL_METHOD, COUNTED, COUNTED.toString(), lines);
		if (PgBoss.isAvailable()) {
			tell(rates, PgDispatch.METHOD, PgBoss.TITLE, PgBoss.TITLE + ", flow", lines);
		}
	}

	private static void tell(Comparison<Object> rates, PgDispatch ours, Object other, String title,
			Consumer<Line> lines) {
		Contender batch = SpecialPgDispatch.batch(ours);
		lines.accept(new Line("S22", "jobs of a batch, dispatched and run: " + ours + ", against " + title,
				rates.ratios(batch, other), "", null, rates.perSecond(batch, other)));
	}

	private static double flow(BenchmarkServer server, int jobs) {
		TestDatabase database = server.createDatabase();
		try {
			Arena.createTables(BenchmarkServer.jdbc(database, "app"));
			return new PgBoss(database).flow(jobs);
		}
		finally {
			server.drop(database);
		}
	}

}
