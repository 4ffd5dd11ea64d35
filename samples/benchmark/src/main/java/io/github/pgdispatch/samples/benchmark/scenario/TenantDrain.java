package io.github.pgdispatch.samples.benchmark.scenario;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.peer.PgBoss;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.Awaitility;

/**
 * Many jobs of one tenant that wait for a node, and some of another one that come while
 * they are run. All of them insert a row.
 */
final class TenantDrain {

	private static final int OTHERS = 20;

	private static final long EVERY_MILLIS = 50;

	private TenantDrain() {
	}

	static Result run(BenchmarkServer server, int jobs, Contender contender) throws Exception {
		TestDatabase database = server.createDatabase();
		Map<Long, Long> started = new ConcurrentHashMap<>();
		try (Arena arena = new Arena(database, contender, (jdbc, number) -> {
			started.put(number, System.nanoTime());
			Arena.Body.insert(jdbc, number);
		})) {
			arena.dispatchAtOnce(jobs);
			arena.application().start();
			await(() -> !started.isEmpty());
			long start = System.nanoTime();
			int before = started.size();
			Map<Long, Long> committed = new ConcurrentHashMap<>();
			for (long number = -1; number >= -OTHERS; number--) {
				Thread.sleep(EVERY_MILLIS);
				arena.dispatch(number);
				committed.put(number, System.nanoTime());
			}
			await(() -> started.size() == jobs + OTHERS && arena.application().waiting() == 0);
			double rate = (jobs + OTHERS - before) * 1e9 / (System.nanoTime() - start);
			NodeDrain.requireEffects(arena, jobs + OTHERS);
			List<Double> delays = new ArrayList<>();
			committed.forEach((number, at) -> delays.add(Math.max(0.001, (started.get(number) - at) / 1e6)));
			return new Result(rate, delays);
		}
		finally {
			server.drop(database);
		}
	}

	static Result runPgBoss(BenchmarkServer server, int jobs) {
		TestDatabase database = server.createDatabase();
		try {
			Arena.createTables(BenchmarkServer.jdbc(database, "app"));
			List<Double> figures = new PgBoss(database).groups(jobs, OTHERS, EVERY_MILLIS);
			return new Result(figures.get(0), figures.subList(1, figures.size()));
		}
		finally {
			server.drop(database);
		}
	}

	private static void await(Callable<Boolean> condition) {
		Awaitility.await("jobs")
			.atMost(Duration.ofMinutes(5))
			.pollInSameThread()
			.pollInterval(Duration.ofMillis(1))
			.until(condition);
	}

	/**
	 * What came of it.
	 *
	 * @param rate jobs per second
	 * @param delays from the commit to the start of those that came, in milliseconds
	 */
	record Result(double rate, List<Double> delays) {

	}

}
