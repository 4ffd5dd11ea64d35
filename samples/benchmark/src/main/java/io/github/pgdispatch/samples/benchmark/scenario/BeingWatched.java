package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.contender.WatchedPgDispatch;
import io.github.pgdispatch.samples.benchmark.contender.WatchedPgDispatch.Watch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Samples;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.scenario.LoadedNode.PerJob;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.TestDatabase;

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

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		TestDatabase database = server.createDatabaseWithSchema();
		WatchingCalls.Cost calls = WatchingCalls.measure(database.url());
		server.drop(database);
		for (PgDispatch ours : PgDispatch.values()) {
			Map<Contender, List<LoadedNode.Cost>> costs = measure(server, size, ours);
			tell("dispatches", LoadedNode.Cost::dispatch, ours, costs, lines);
			tell("jobs run that waited", LoadedNode.Cost::waited, ours, costs, lines);
			tell("jobs dispatched and run at once", LoadedNode.Cost::atOnce, ours, costs, lines);
			if (ours != PgDispatch.COMMAND) {
				lines.accept(calls("a dispatch", ours, calls.dispatch(),
						median(costs.get(ours), LoadedNode.Cost::dispatch)));
				lines.accept(calls("a job that waited", ours, calls.run(),
						median(costs.get(ours), LoadedNode.Cost::waited)));
				lines.accept(calls("a job that is dispatched and run at once", ours, calls.dispatch() + calls.run(),
						median(costs.get(ours), LoadedNode.Cost::atOnce)));
			}
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

	private static void tell(String what, Function<LoadedNode.Cost, PerJob> cost, PgDispatch ours,
			Map<Contender, List<LoadedNode.Cost>> costs, Consumer<Line> lines) {
		PerJob without = median(costs.get(ours), cost);
		for (Watch watch : Watch.values()) {
			Contender watched = new WatchedPgDispatch(ours, watch);
			PerJob with = median(costs.get(watched), cost);
			lines.accept(new Line("S14", what + ": " + watched + ", processor time without it against with it",
					Samples.of(without.processor() / with.processor()), "", null,
					"%s against %s for each job".formatted(without, with)));
		}
	}

	/**
	 * Turns differ by more than what is looked for, so each side has its median first.
	 */
	private static PerJob median(List<LoadedNode.Cost> costs, Function<LoadedNode.Cost, PerJob> cost) {
		return new PerJob(median(costs, cost, PerJob::virtualMachine), median(costs, cost, PerJob::server),
				median(costs, cost, PerJob::statements));
	}

	private static double median(List<LoadedNode.Cost> costs, Function<LoadedNode.Cost, PerJob> cost,
			ToDoubleFunction<PerJob> part) {
		return new Samples(costs.stream().map((each) -> part.applyAsDouble(cost.apply(each))).toList()).median();
	}

	private static Line calls(String what, PgDispatch ours, double added, PerJob cost) {
		return new Line("S14",
				"what health, metrics and observations do in %s, of all that it costs: %s".formatted(what, ours),
				Samples.of(100 * added / cost.processor()), "%", Target.atMost(3),
				"%.1f µs of %.0f".formatted(added, cost.processor()));
	}

}
