package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.database.Statements;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Measurement;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.TestDatabase;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Whether several nodes are in each other's way: how many statements there are for each
 * job, and how often somebody waits for a lock.
 */
public final class Nodes implements Scenario {

	private static final int JOBS = 20_000;

	private static final int MANY = 4;

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		for (PgDispatch kind : PgDispatch.values()) {
			Map<Integer, List<Double>> waits = new LinkedHashMap<>();
			Map<Integer, Measurement> measurements = new LinkedHashMap<>();
			for (int nodes : List.of(1, MANY)) {
				measurements.put(nodes, () -> measure(server, size.of(JOBS), kind, nodes,
						waits.computeIfAbsent(nodes, (key) -> new ArrayList<>())));
			}
			Comparison<Integer> statements = size.rounds().measure(measurements);
			String remark = "%.1f against %.1f of one; sessions that waited for a lock, at any time: %.2f against %.2f"
				.formatted(statements.of(MANY).median(), statements.of(1).median(), average(waits.get(MANY)),
						average(waits.get(1)));
			lines.accept(hasStatementsForEachJob(kind)
					? new Line("S13", "statements per job of " + MANY + " nodes, against one: " + kind,
							statements.ratios(MANY, 1), "", Target.atMost(1.1), remark)
					: new Line("S13", "statements of each of " + MANY + " nodes: " + kind, statements.of(MANY), "/s",
							Target.atMost(100), remark));
		}
	}

	private static boolean hasStatementsForEachJob(PgDispatch kind) {
		return kind == PgDispatch.TRANSACTIONAL_METHOD;
	}

	private static double average(@Nullable List<Double> values) {
		return (values == null) ? Double.NaN : values.stream().mapToDouble(Double::doubleValue).average().orElse(0);
	}

	/**
	 * Counts statements: those per job if each job has its own, or else those of a node
	 * per second, as hundreds of jobs share one.
	 */
	private static double measure(BenchmarkServer server, int jobs, PgDispatch kind, int nodes, List<Double> waits)
			throws Exception {
		TestDatabase database = server.createDatabase();
		List<Arena> arenas = new ArrayList<>();
		AtomicLong begun = new AtomicLong();
		try {
			for (int i = 0; i < nodes; i++) {
				arenas.add(new Arena(database, kind, (jdbc, number) -> begun.incrementAndGet()));
			}
			arenas.get(0).dispatchMany(jobs);
			Statements statements = new Statements(server, database);
			long sent = statements.count();
			long start = System.nanoTime();
			arenas.forEach((arena) -> arena.application().start());
			waits.add(lockWaits(BenchmarkServer.jdbc(server.cronDatabase(), "postgres"), database, arenas.get(0)));
			double seconds = (System.nanoTime() - start) / 1e9;
			return (statements.count() - sent) / (hasStatementsForEachJob(kind) ? jobs : nodes * seconds);
		}
		finally {
			arenas.forEach(Arena::close);
			server.drop(database);
		}
	}

	private static double lockWaits(JdbcTemplate observer, TestDatabase database, Arena arena)
			throws InterruptedException {
		long waiting = 0;
		long looks = 0;
		do {
			Long now = observer.queryForObject(
					"SELECT count(*) FROM pg_stat_activity WHERE datname = ? AND wait_event_type = 'Lock'", Long.class,
					database.name());
			waiting += (now != null) ? now : 0;
			looks++;
			Thread.sleep(5);
		}
		while (looks % 20 != 0 || arena.application().waiting() > 0);
		return (double) waiting / looks;
	}

}
