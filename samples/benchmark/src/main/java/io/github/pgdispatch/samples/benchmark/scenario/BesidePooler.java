package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.contender.PooledPgDispatch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Measurement;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.PgBouncer;
import org.jspecify.annotations.Nullable;

/**
 * A node whose application is connected through PgBouncer and whose workers are connected
 * directly, beside one that is connected directly.
 */
public final class BesidePooler implements Scenario {

	private static final int JOBS = 20_000;

	private static final Target TARGET = Target.atLeast(0.95);

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		PgBouncer pooler = server.startPooler();
		if (pooler == null) {
			System.err.println("S20 is left out, as PgBouncer is only started beside a server of the benchmark");
			return;
		}
		try (pooler) {
			for (PgDispatch ours : PgDispatch.values()) {
				Contender pooled = new PooledPgDispatch(ours, pooler, server.cronDatabase());
				if (ours != PgDispatch.COMMAND) {
					tell("jobs run that waited", ours, pooled, TARGET, lines, size,
							(contender) -> NodeDrain.rate(server, size.of(JOBS), contender, Arena.Body::insert));
				}
				// Each statement of a client passes through one more process, on the same
				// processors.
				tell("jobs dispatched and run at once", ours, pooled, null, lines, size, (contender) -> BothAtOnce
					.measure(server, size.slice().multipliedBy(2), contender, new ArrayList<>()));
			}
		}
	}

	private static void tell(String what, Contender direct, Contender pooled, @Nullable Target target,
			Consumer<Line> lines, Size size, Rate rate) throws Exception {
		Map<Contender, Measurement> measurements = new LinkedHashMap<>();
		for (Contender contender : List.of(direct, pooled)) {
			measurements.put(contender, () -> rate.of(contender));
		}
		Comparison<Contender> rates = size.rounds().measure(measurements);
		lines.accept(new Line("S20", what + ": " + pooled + ", against a direct connection",
				rates.ratios(pooled, direct), "", target, rates.perSecond(pooled, direct)));
	}

	@FunctionalInterface
	private interface Rate {

		double of(Contender contender) throws Exception;

	}

}
