package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.contender.SpecialPgDispatch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Figures;
import io.github.pgdispatch.samples.benchmark.measure.Measurement;
import io.github.pgdispatch.samples.benchmark.measure.Samples;
import io.github.pgdispatch.samples.benchmark.peer.PgBoss;
import io.github.pgdispatch.samples.benchmark.report.Line;

/**
 * How long the jobs of a tenant take to start while many of another one wait, and how
 * quickly all are run: in a fair queue, in the same queue in plain order, and by pg-boss.
 */
public final class FairQueue implements Scenario {

	private static final int JOBS = 100_000;

	private static final Contender FAIR = SpecialPgDispatch.fairQueue(PgDispatch.METHOD);

	private static final Contender PLAIN = SpecialPgDispatch.queue(PgDispatch.METHOD);

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		int jobs = size.of(JOBS);
		Figures<Object> delays = new Figures<>();
		Map<Object, Measurement> measurements = new LinkedHashMap<>();
		for (Contender ours : List.of(FAIR, PLAIN)) {
			measurements.put(ours, () -> add(delays, ours, TenantDrain.run(server, jobs, ours)));
		}
		if (PgBoss.isAvailable()) {
			measurements.put(PgBoss.TITLE, () -> add(delays, PgBoss.TITLE, TenantDrain.runPgBoss(server, jobs)));
		}
		else {
			System.err.println("S24 is without pg-boss, as node and npm are not on the path");
		}
		Comparison<Object> rates = size.rounds().measure(measurements);
		tell(rates, delays.compare(), jobs, PLAIN, "in plain order", lines);
		if (PgBoss.isAvailable()) {
			tell(rates, delays.compare(), jobs, PgBoss.TITLE, PgBoss.TITLE + ", group concurrency", lines);
		}
	}

	private static double add(Figures<Object> delays, Object one, TenantDrain.Result result) {
		delays.add(one, new Samples(result.delays()).median());
		return result.rate();
	}

	private static void tell(Comparison<Object> rates, Comparison<Object> delays, int jobs, Object other, String title,
			Consumer<Line> lines) {
		lines.accept(new Line("S24",
				"p50 from the commit to the start of a method in a fair queue, while %,d of another tenant wait, against %s"
					.formatted(jobs, title),
				delays.ratios(FAIR, other), "", null,
				"%,.1f ms against %,.1f ms".formatted(delays.of(FAIR).median(), delays.of(other).median())));
		lines.accept(new Line("S24", "methods run in a fair queue, against " + title, rates.ratios(FAIR, other), "",
				null, rates.perSecond(FAIR, other)));
	}

}
