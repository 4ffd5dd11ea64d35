package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.List;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.contender.SpecialPgDispatch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Samples;
import io.github.pgdispatch.samples.benchmark.report.Line;

import org.springframework.boot.system.JavaVersion;

/**
 * Methods that run on virtual threads, beside those on platform threads.
 */
public final class VirtualThreads implements Scenario {

	private static final int JOBS = 20_000;

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		if (JavaVersion.getJavaVersion().isOlderThan(JavaVersion.TWENTY_ONE)) {
			System.err.println("S25 is left out, as Java has virtual threads from version 21 on");
			return;
		}
		for (PgDispatch ours : new PgDispatch[] { PgDispatch.TRANSACTIONAL_METHOD, PgDispatch.METHOD }) {
			Contender virtual = SpecialPgDispatch.onVirtualThreads(ours);
			List<Contender> both = List.of(ours, virtual);
			Comparison<Contender> rates = ContenderMeasurement.compare(size.rounds(), both,
					(contender) -> NodeDrain.rate(server, size.of(JOBS), contender, Arena.Body::insert));
			lines.accept(new Line("S25", "jobs run that waited: " + virtual + ", against platform threads",
					rates.ratios(virtual, ours), "", null, rates.perSecond(virtual, ours)));
			Comparison<Contender> latencies = ContenderMeasurement.compare(size.rounds(), both,
					(contender) -> new Samples(StartLatency.measure(server, size, contender)).median());
			lines.accept(new Line("S25", "p50 from the commit to the start: " + virtual + ", against platform threads",
					latencies.ratios(virtual, ours), "", null,
					"%.2f ms against %.2f ms".formatted(latencies.of(virtual).median(), latencies.of(ours).median())));
		}
	}

}
