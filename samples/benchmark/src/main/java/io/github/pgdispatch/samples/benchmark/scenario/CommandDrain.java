package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.Map;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.contender.Background;
import io.github.pgdispatch.samples.benchmark.database.BareProcedure;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * How quickly one worker runs SQL jobs that insert a row each, beside a bare loop.
 */
public final class CommandDrain implements Scenario {

	private static final int JOBS = 100_000;

	private static final String OURS = "pgdispatch.work";

	private static final String BARE = "bare loop";

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		TestDatabase database = Sql.createDatabase(server);
		JdbcTemplate app = BenchmarkServer.jdbc(database, "app");
		BareProcedure.statements().forEach(app::execute);
		int jobs = size.of(JOBS);
		Comparison<String> rates = size.rounds()
			.measure(Map.of(OURS, () -> drain(app, jobs, Sql.fireMany(Sql.EFFECT, jobs), "CALL pgdispatch.work()"),
					BARE, () -> drain(app, jobs, "INSERT INTO bare (command) SELECT $job$" + Sql.EFFECT
							+ "$job$ FROM generate_series(1, " + jobs + ")", "CALL bare_work()")));
		lines.accept(new Line("S2", "SQL jobs run by one worker, against a bare loop", rates.ratios(OURS, BARE), "",
				Target.atLeast(0.6), rates.perSecond(OURS, BARE)));
		server.drop(database);
	}

	private static double drain(JdbcTemplate app, int jobs, String dispatch, String run) {
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
