package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.contender.SteppedPgDispatch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Measurement;
import io.github.pgdispatch.samples.benchmark.peer.Dbos;
import io.github.pgdispatch.samples.benchmark.report.Line;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * How quickly one node runs methods of three transactional steps that wait for it, beside
 * a method that does all three in one transaction, and DBOS.
 */
public final class SteppedDrain implements Scenario {

	private static final int JOBS = 20_000;

	private static final int STEPS = 3;

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		int jobs = size.of(JOBS);
		Contender stepped = new SteppedPgDispatch();
		Contender plain = PgDispatch.TRANSACTIONAL_METHOD;
		Contender dbos = new Dbos();
		Map<Contender, Measurement> measurements = new LinkedHashMap<>();
		measurements.put(stepped, () -> NodeDrain.rate(server, jobs, STEPS, stepped, Arena.Body::insert));
		measurements.put(plain, () -> NodeDrain.rate(server, jobs, plain, SteppedDrain::insertAll));
		measurements.put(dbos, () -> NodeDrain.rate(server, jobs, STEPS, dbos, Arena.Body::insert));
		Comparison<Contender> rates = size.rounds().measure(measurements);
		lines.accept(line(rates, stepped, plain, "the same in one transaction"));
		lines.accept(line(rates, stepped, dbos, dbos.toString()));
	}

	private static void insertAll(JdbcTemplate jdbc, long number) {
		for (int i = 0; i < STEPS; i++) {
			Arena.Body.insert(jdbc, number);
		}
	}

	private static Line line(Comparison<Contender> rates, Contender ours, Contender other, String title) {
		return new Line("S23", ours + ", run by one node, against " + title, rates.ratios(ours, other), "", null,
				rates.perSecond(ours, other));
	}

}
