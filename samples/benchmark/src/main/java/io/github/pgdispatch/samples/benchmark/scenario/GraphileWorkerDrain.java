package io.github.pgdispatch.samples.benchmark.scenario;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Measurement;
import io.github.pgdispatch.samples.benchmark.peer.GraphileWorker;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.RowCallbackHandler;

import static org.awaitility.Awaitility.await;

/**
 * How quickly one node runs methods without a transaction that wait for it, beside a
 * process of graphile-worker.
 */
public final class GraphileWorkerDrain implements Scenario {

	private static final int JOBS = 20_000;

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		if (!GraphileWorker.isAvailable()) {
			System.err.println("S3 is without graphile-worker, as node and npm are not on the path");
			return;
		}
		lines.accept(line(server, size, "b", "empty methods", Arena.Body::nothing, GraphileWorker.EMPTY));
		lines.accept(line(server, size, "c", "plain methods that insert a row", Arena.Body::insert,
				GraphileWorker.INSERTING));
	}

	private static Line line(BenchmarkServer server, Size size, String part, String what, Arena.Body body,
			GraphileWorker peer) throws Exception {
		Contender ours = PgDispatch.METHOD;
		int jobs = size.of(JOBS);
		Map<Contender, Measurement> measurements = new LinkedHashMap<>();
		measurements.put(ours, () -> NodeDrain.rate(server, jobs, ours, body));
		measurements.put(peer, () -> rate(server, jobs, peer));
		Comparison<Contender> rates = size.rounds().measure(measurements);
		return new Line("S3" + part, what + " run by one node, against " + peer, rates.ratios(ours, peer), "",
				Target.atLeast(1.2), rates.perSecond(ours, peer));
	}

	/**
	 * How quickly the process runs jobs that wait for it.
	 * @return jobs per second
	 */
	static double rate(BenchmarkServer server, int jobs, GraphileWorker peer) {
		TestDatabase database = server.createDatabase();
		try (Arena arena = new Arena(database, peer, Arena.Body::nothing)) {
			arena.jdbc().query(peer.dispatchMany(jobs), (RowCallbackHandler) (row) -> {
			});
			arena.application().start();
			return await("what graphile-worker says").atMost(PATIENCE)
				.pollInSameThread()
				.until(() -> pace(arena), (pace) -> !pace.isEmpty())
				.get(0);
		}
		finally {
			server.drop(database);
		}
	}

	private static List<Double> pace(Arena arena) {
		return arena.jdbc().queryForList("SELECT jobs_per_second FROM " + GraphileWorker.PACE, Double.class);
	}

}
