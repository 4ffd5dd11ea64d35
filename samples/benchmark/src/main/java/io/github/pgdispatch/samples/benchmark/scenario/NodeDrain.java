package io.github.pgdispatch.samples.benchmark.scenario;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.Background;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/**
 * One node that runs jobs that wait for it.
 */
final class NodeDrain {

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	private NodeDrain() {
	}

	/**
	 * How quickly it does.
	 * @param body what a job does
	 * @return jobs per second
	 */
	static double rate(BenchmarkServer server, int jobs, Contender contender, Arena.Body body) throws Exception {
		return rate(server, jobs, 1, contender, body);
	}

	/**
	 * How quickly it does, where a job runs the body several times.
	 * @param steps how many times a job runs the body
	 * @param body what a step of a job does
	 * @return jobs per second
	 */
	static double rate(BenchmarkServer server, int jobs, int steps, Contender contender, Arena.Body body)
			throws Exception {
		TestDatabase database = server.createDatabase();
		AtomicInteger begun = new AtomicInteger();
		try (Arena arena = new Arena(database, contender, (jdbc, number) -> {
			begun.incrementAndGet();
			body.run(jdbc, number);
		})) {
			arena.dispatchMany(jobs);
			arena.application().start();
			// From its first job on: it takes a while to start.
			await("the first job").until(() -> begun.get() > 0);
			long start = System.nanoTime();
			int before = begun.get();
			await("the last job").until(() -> begun.get() >= jobs * steps && arena.application().waiting() == 0);
			return (jobs - (double) before / steps) * 1e9 / (System.nanoTime() - start);
		}
		finally {
			server.drop(database);
		}
	}

	/**
	 * How quickly it runs SQL jobs, by the times at which they insert their rows.
	 * @return jobs per second
	 */
	static double commandRate(BenchmarkServer server, int jobs, Contender contender) {
		TestDatabase database = server.createDatabase();
		try (Arena arena = new Arena(database, contender, Arena.Body::nothing)) {
			arena.jdbc().execute(Sql.fireMany("INSERT INTO effect (number) VALUES (1)", jobs));
			arena.application().start();
			// Rarely, as it counts them.
			await("the last job").pollInterval(Duration.ofMillis(200)).until(() -> arena.application().waiting() == 0);
			Double rate = arena.jdbc()
				.queryForObject("SELECT (count(*) - 1) / extract(epoch FROM max(at) - min(at)) FROM effect",
						Double.class);
			return Objects.requireNonNull(rate);
		}
		finally {
			server.drop(database);
		}
	}

	/**
	 * How quickly a node that waits for jobs runs many that are dispatched at once, and
	 * insert a row.
	 * @param rows that there are in the end
	 * @return jobs per second, from the dispatch until none is left
	 */
	static double rateFromDispatch(BenchmarkServer server, int jobs, int rows, Contender contender) {
		TestDatabase database = server.createDatabase();
		try (Arena arena = new Arena(database, contender, Arena.Body::insert)) {
			arena.application().start();
			long start = System.nanoTime();
			arena.dispatchAtOnce(jobs);
			await("the last job").pollInterval(Duration.ofMillis(10)).until(() -> arena.application().waiting() == 0);
			double rate = jobs * 1e9 / (System.nanoTime() - start);
			requireEffects(arena, rows);
			return rate;
		}
		finally {
			server.drop(database);
		}
	}

	static void requireEffects(Arena arena, int rows) {
		long effects = Background.count(arena.jdbc(), "effect");
		if (effects != rows) {
			throw new IllegalStateException("There are %d rows instead of %d".formatted(effects, rows));
		}
	}

	private static ConditionFactory await(String what) {
		return Awaitility.await(what).atMost(PATIENCE).pollInSameThread().pollInterval(Duration.ofMillis(1));
	}

}
