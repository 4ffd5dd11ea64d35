package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.contender.WatchedPgDispatch;
import io.github.pgdispatch.samples.benchmark.contender.WatchedPgDispatch.Watch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Measurement;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.TestDatabase;
import org.jspecify.annotations.Nullable;

/**
 * What it costs to watch: dispatches and jobs of a node that is watched, beside those of
 * one that is not.
 */
public final class BeingWatched implements Scenario {

	private static final int JOBS = 20_000;

	private static final Target TARGET = Target.atLeast(0.97);

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		for (PgDispatch ours : PgDispatch.values()) {
			tell("dispatches", measure(size, ours, (contender) -> commits(server, size, contender)), ours, lines);
			tell("jobs dispatched and run at once",
					measure(size, ours,
							(contender) -> BothAtOnce.measure(server, size.slice(), contender, new ArrayList<>())),
					ours, lines);
			if (ours != PgDispatch.COMMAND) {
				tell("jobs run that waited",
						measure(size, ours,
								(contender) -> NodeDrain.rate(server, size.of(JOBS), contender, Arena.Body::insert)),
						ours, lines);
			}
		}
	}

	private static Comparison<Contender> measure(Size size, PgDispatch ours, Rate rate) throws Exception {
		Map<Contender, Measurement> measurements = new LinkedHashMap<>();
		measurements.put(ours, () -> rate.of(ours));
		for (Watch watch : Watch.values()) {
			Contender watched = new WatchedPgDispatch(ours, watch);
			measurements.put(watched, () -> rate.of(watched));
		}
		return size.rounds().measure(measurements);
	}

	private static double commits(BenchmarkServer server, Size size, Contender contender) throws Exception {
		TestDatabase database = server.createDatabase();
		AtomicLong numbers = new AtomicLong();
		try (Arena arena = new Arena(database, contender, Arena.Body::insert)) {
			return Size.clients().rate(size.slice(), () -> () -> arena.dispatch(numbers.incrementAndGet()));
		}
		finally {
			server.drop(database);
		}
	}

	private static void tell(String what, Comparison<Contender> rates, PgDispatch ours, Consumer<Line> lines) {
		for (Watch watch : Watch.values()) {
			Contender watched = new WatchedPgDispatch(ours, watch);
			lines.accept(new Line("S14", what + ": " + watched + ", against without", rates.ratios(watched, ours), "",
					target(watch), rates.perSecond(watched, ours)));
		}
	}

	private static @Nullable Target target(Watch watch) {
		return (watch != Watch.HISTORY) ? TARGET : null;
	}

	@FunctionalInterface
	private interface Rate {

		double of(Contender contender) throws Exception;

	}

}
