package io.github.pgdispatch.samples.benchmark.scenario;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Measurement;
import io.github.pgdispatch.samples.benchmark.measure.Samples;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.TestDatabase;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.RowCallbackHandler;

import static org.awaitility.Awaitility.await;

/**
 * How soon after the commit a job starts, with one job every 50 ms.
 */
public final class StartLatency implements Scenario {

	private static final int JOBS = 200;

	private static final long EVERY_MILLIS = 50;

	/**
	 * So that the virtual machine has compiled what an application runs all day.
	 */
	private static final int TO_WARM_UP = 3_000;

	private static final Duration PATIENCE = Duration.ofMinutes(5);

	private static final List<PgDispatch> OURS = List.of(PgDispatch.TRANSACTIONAL_METHOD, PgDispatch.METHOD,
			PgDispatch.COMMAND);

	private final List<? extends Contender> peers;

	public StartLatency(List<? extends Contender> peers) {
		this.peers = peers;
	}

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		List<Contender> all = new ArrayList<>(OURS);
		all.addAll(this.peers);
		Map<Contender, List<Samples>> latencies = new LinkedHashMap<>();
		Map<Contender, Measurement> measurements = new LinkedHashMap<>();
		for (Contender contender : all) {
			measurements.put(contender, () -> {
				Samples samples = new Samples(measure(server, size, contender));
				latencies.computeIfAbsent(contender, (key) -> new ArrayList<>()).add(samples);
				return samples.median();
			});
		}
		size.rounds().measure(measurements);
		latencies.values().forEach((samples) -> samples.remove(0));
		tell("p50", 0.5, latencies, Target.atMost(1.25), lines);
		tell("p99", 0.99, latencies, null, lines);
	}

	private void tell(String name, double part, Map<Contender, List<Samples>> latencies, @Nullable Target ofSql,
			Consumer<Line> lines) {
		Map<Contender, Samples> quantiles = new LinkedHashMap<>();
		latencies.forEach((contender, samples) -> quantiles.put(contender,
				new Samples(samples.stream().map((each) -> each.quantile(part)).toList())));
		Comparison<Contender> comparison = new Comparison<>(quantiles);
		for (Contender ours : OURS) {
			if (this.peers.isEmpty()) {
				lines.accept(new Line("S4", name + " from the commit to the start: " + ours, comparison.of(ours), "ms",
						null, ""));
				continue;
			}
			Contender best = comparison.lowest(this.peers);
			lines.accept(new Line("S4", name + " from the commit to the start: " + ours + ", against " + best,
					comparison.ratios(ours, best), "", (ours == PgDispatch.COMMAND) ? ofSql : Target.atMost(1),
					"%.2f ms against %.2f ms".formatted(comparison.of(ours).median(), comparison.of(best).median())));
		}
	}

	private static void awaitAll(Arena arena) {
		await("the last job").atMost(PATIENCE).pollInSameThread().until(() -> arena.application().waiting() == 0);
	}

	/**
	 * Measures one contender.
	 * @return the latency of each job, in milliseconds
	 */
	static List<Double> measure(BenchmarkServer server, Size size, Contender contender) throws Exception {
		int jobs = size.of(JOBS);
		TestDatabase database = server.createDatabase();
		Map<Long, Instant> started = new ConcurrentHashMap<>();
		Map<Long, Instant> committed = new LinkedHashMap<>();
		try (Arena arena = new Arena(database, contender, (jdbc, number) -> started.put(number, Instant.now()))) {
			arena.application().start();
			for (long number = -TO_WARM_UP; number < 0; number++) {
				arena.dispatch(number);
			}
			awaitAll(arena);
			for (long number = 0; number < jobs; number++) {
				arena.dispatch(number);
				committed.put(number, Instant.now());
				Thread.sleep(EVERY_MILLIS);
			}
			awaitAll(arena);
			arena.jdbc()
				.query("SELECT number, at FROM effect",
						(RowCallbackHandler) (row) -> started.put(row.getLong(1), row.getTimestamp(2).toInstant()));
		}
		finally {
			server.drop(database);
		}
		List<Double> latencies = new ArrayList<>();
		committed.forEach((number, at) -> {
			Instant start = started.get(number);
			if (start == null) {
				throw new IllegalStateException("Job " + number + " was not run");
			}
			// One may start before the answer to the commit has arrived.
			latencies.add(Math.max(0.001, ChronoUnit.MICROS.between(at, start) / 1000.0));
		});
		return latencies;
	}

}
