package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.EventOutbox;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Samples;
import io.github.pgdispatch.samples.benchmark.peer.EventRegistry;
import io.github.pgdispatch.samples.benchmark.report.Line;

/**
 * How quickly and how soon events are sent to a broker that acknowledges at once, beside
 * Spring Modulith's own registry. What has waited is what a killed node has left.
 */
public final class Externalization implements Scenario {

	private static final int EVENTS = 10_000;

	private static final Contender REGISTRY = EventRegistry.UNMONITORED;

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		Comparison<Contender> rates = measure(size,
				(contender) -> NodeDrain.rate(server, size.of(EVENTS), contender, Arena.Body::nothing));
		Comparison<Contender> latencies = measure(size,
				(contender) -> new Samples(StartLatency.measure(server, size, contender)).median());
		for (Contender ours : EventOutbox.values()) {
			lines.accept(new Line("S19a", "events that have waited: " + ours + ", against " + REGISTRY,
					rates.ratios(ours, REGISTRY), "", null, rates.perSecond(ours, REGISTRY)));
			lines.accept(new Line("S19b", "p50 from the commit to the broker: " + ours + ", against " + REGISTRY,
					latencies.ratios(ours, REGISTRY), "", null,
					"%.2f ms against %.2f ms".formatted(latencies.of(ours).median(), latencies.of(REGISTRY).median())));
		}
	}

	private static Comparison<Contender> measure(Size size, ContenderMeasurement measurement) throws Exception {
		List<Contender> contenders = new ArrayList<>(List.of(EventOutbox.values()));
		contenders.add(REGISTRY);
		return ContenderMeasurement.compare(size.rounds(), contenders, measurement);
	}

}
