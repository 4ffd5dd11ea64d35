package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Measurement;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * How quickly one worker runs SQL jobs that have an option, beside those without one, and
 * beside peers that have the same. It begins as a driver does that has just run quick
 * jobs.
 */
public final class ManagedDrain implements Scenario {

	private static final int JOBS = 20_000;

	private static final Map<String, String> OPTIONS = options();

	private static final String PLAIN = "plain";

	private final ManagedPeers peers;

	public ManagedDrain(List<? extends Contender> peers) {
		this.peers = new ManagedPeers(peers);
	}

	private static Map<String, String> options() {
		Map<String, String> options = new LinkedHashMap<>();
		options.put("S15", "key => concat('key ', i)");
		options.put("S16", "ordering_key => concat('order ', i % 100)");
		options.put("S17", "queue => 'of 4'");
		options.put("S18", "keep_result => '1 hour'");
		return options;
	}

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		TestDatabase database = Sql.createDatabase(server);
		JdbcTemplate app = BenchmarkServer.jdbc(database, "app");
		app.execute("SELECT pgdispatch.set_queue('of 4', concurrency => 4)");
		int jobs = size.of(JOBS);
		Map<Object, Measurement> measurements = new LinkedHashMap<>();
		measurements.put(PLAIN, () -> rate(app, jobs, "max_attempts => 1"));
		OPTIONS.forEach((row, option) -> {
			measurements.put(row, () -> rate(app, jobs, option));
			this.peers.of(row).forEach((peer) -> measurements.put(peer, () -> ManagedPeers.rate(server, jobs, peer)));
		});
		Comparison<Object> rates = size.rounds().measure(measurements);
		OPTIONS.forEach((row, option) -> {
			lines.accept(line(rates, row, option, PLAIN, "plain ones", Target.atLeast(0.3)));
			List<Contender> peers = this.peers.of(row);
			if (!peers.isEmpty()) {
				Object best = rates.highest(peers);
				lines.accept(line(rates, row, option, best, best.toString(), Target.atLeast(1)));
			}
		});
		server.drop(database);
	}

	private static Line line(Comparison<Object> rates, String row, String option, Object other, String name,
			Target target) {
		return new Line(row, "SQL jobs with `" + option + "`, against " + name, rates.ratios(row, other), "", target,
				rates.perSecond(row, other));
	}

	private static double rate(JdbcTemplate app, int jobs, String option) {
		return CommandDrain.drain(app, jobs, "SELECT count(pgdispatch.dispatch($job$" + Sql.EFFECT + "$job$, " + option
				+ ")) FROM generate_series(1, " + jobs + ") AS i", "CALL pgdispatch.work(prefetch => 500)");
	}

}
