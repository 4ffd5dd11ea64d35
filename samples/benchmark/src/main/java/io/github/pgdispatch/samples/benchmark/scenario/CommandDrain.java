package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.Background;
import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.database.BareProcedure;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Measurement;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * How quickly one worker runs SQL jobs that insert a row each, beside a bare loop, and
 * beside nodes of others.
 */
public final class CommandDrain implements Scenario {

	private static final int JOBS = 100_000;

	/**
	 * Of others, who need longer.
	 */
	private static final int FEWER_JOBS = 20_000;

	private static final String OURS = "pgdispatch.work";

	private static final String BARE = "a bare loop";

	private final List<? extends Contender> peers;

	public CommandDrain(List<? extends Contender> peers) {
		this.peers = peers;
	}

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		TestDatabase database = Sql.createDatabase(server);
		JdbcTemplate app = BenchmarkServer.jdbc(database, "app");
		BareProcedure.statements().forEach(app::execute);
		int jobs = size.of(JOBS);
		Map<Object, Measurement> measurements = new LinkedHashMap<>();
		measurements.put(OURS, () -> rate(app, jobs));
		measurements.put(BARE, () -> drain(app, jobs,
				"INSERT INTO bare (command) SELECT $job$" + Sql.EFFECT + "$job$ FROM generate_series(1, " + jobs + ")",
				"CALL bare_work()"));
		this.peers.forEach((peer) -> measurements.put(peer,
				() -> NodeDrain.rate(server, size.of(FEWER_JOBS), peer, Arena.Body::insert)));
		Comparison<Object> rates = size.rounds().measure(measurements);
		lines.accept(line(rates, BARE, Target.atLeast(0.6)));
		if (!this.peers.isEmpty()) {
			lines.accept(line(rates, rates.highest(this.peers), Target.atLeast(10)));
		}
		server.drop(database);
	}

	private static Line line(Comparison<Object> rates, Object other, Target target) {
		return new Line("S2", "SQL jobs run by one worker, against " + other, rates.ratios(OURS, other), "", target,
				rates.perSecond(OURS, other));
	}

	/**
	 * How quickly one worker runs SQL jobs.
	 * @param app connects to a database of {@link Sql#createDatabase}
	 * @param jobs that each insert a row
	 * @return jobs per second
	 */
	static double rate(JdbcTemplate app, int jobs) {
		return drain(app, jobs, Sql.fireMany(Sql.EFFECT, jobs), "CALL pgdispatch.work()");
	}

	/**
	 * How quickly one worker runs jobs.
	 * @param app connects to a database of {@link Sql#createDatabase}
	 * @param jobs that each insert a row
	 * @param dispatch dispatches them
	 * @param run runs them
	 * @return jobs per second
	 */
	static double drain(JdbcTemplate app, int jobs, String dispatch, String run) {
		app.execute("TRUNCATE effect");
		app.execute(dispatch);
		long start = System.nanoTime();
		app.execute(run);
		double rate = jobs * 1e9 / (System.nanoTime() - start);
		long effects = Background.count(app, "effect");
		if (effects != jobs) {
			throw new IllegalStateException("Of " + jobs + " jobs " + effects + " were run");
		}
		return rate;
	}

}
