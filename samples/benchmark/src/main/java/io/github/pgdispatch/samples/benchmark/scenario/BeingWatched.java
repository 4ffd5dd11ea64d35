package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.contender.WatchedPgDispatch;
import io.github.pgdispatch.samples.benchmark.contender.WatchedPgDispatch.Watch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Samples;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import org.jspecify.annotations.Nullable;

/**
 * What it costs to watch: dispatches and jobs of a node that is watched, beside those of
 * one that is not. A few percent are less than rates differ by from one minute to the
 * next, so processor time is compared, of nodes that take turns.
 */
public final class BeingWatched implements Scenario {

	private static final int TURNS = 12;

	/**
	 * Turns that do not count: the virtual machine compiles what it runs for about a
	 * minute.
	 */
	private static final int WARM_UP = 6;

	private static final Target TARGET = Target.atLeast(0.97);

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		for (PgDispatch ours : PgDispatch.values()) {
			Map<Contender, List<LoadedNode.Cost>> costs = measure(server, size, ours);
			tell("dispatches", LoadedNode.Cost::dispatch, ours, costs, lines);
			tell("jobs run that waited", LoadedNode.Cost::waited, ours, costs, lines);
			tell("jobs dispatched and run at once", LoadedNode.Cost::atOnce, ours, costs, lines);
		}
	}

	private static Map<Contender, List<LoadedNode.Cost>> measure(BenchmarkServer server, Size size, PgDispatch ours)
			throws Exception {
		Map<Contender, List<LoadedNode.Cost>> costs = new LinkedHashMap<>();
		Map<Contender, LoadedNode> nodes = new LinkedHashMap<>();
		try {
			nodes.put(ours, new LoadedNode(server, ours));
			for (Watch watch : Watch.values()) {
				Contender watched = new WatchedPgDispatch(ours, watch);
				nodes.put(watched, new LoadedNode(server, watched));
			}
			List<Contender> order = new ArrayList<>(nodes.keySet());
			int warmUp = size.of(WARM_UP);
			for (int turn = 0; turn < warmUp + size.of(TURNS); turn++) {
				for (Contender each : order) {
					LoadedNode.Cost cost = nodes.get(each).work(size.slice().dividedBy(4));
					if (turn >= warmUp) {
						costs.computeIfAbsent(each, (key) -> new ArrayList<>()).add(cost);
					}
				}
				Collections.rotate(order, 1);
			}
		}
		finally {
			nodes.values().forEach(LoadedNode::close);
		}
		return costs;
	}

	private static void tell(String what, ToDoubleFunction<LoadedNode.Cost> cost, PgDispatch ours,
			Map<Contender, List<LoadedNode.Cost>> costs, Consumer<Line> lines) {
		Samples without = samples(costs.get(ours), cost);
		for (Watch watch : Watch.values()) {
			Contender watched = new WatchedPgDispatch(ours, watch);
			Samples with = samples(costs.get(watched), cost);
			// Turns differ by more than what is looked for, so each side has its median
			// first.
			lines.accept(new Line("S14", what + ": " + watched + ", processor time without it against with it",
					Samples.of(without.median() / with.median()), "", target(watch),
					"%s against %s for each job".formatted(microseconds(without), microseconds(with))));
		}
	}

	private static String microseconds(Samples samples) {
		return "%.0f µs (%.0f to %.0f)".formatted(samples.median(), samples.quantile(0.25), samples.quantile(0.75));
	}

	private static Samples samples(List<LoadedNode.Cost> costs, ToDoubleFunction<LoadedNode.Cost> cost) {
		return new Samples(costs.stream().map(cost::applyAsDouble).toList());
	}

	private static @Nullable Target target(Watch watch) {
		return (watch != Watch.HISTORY) ? TARGET : null;
	}

}
