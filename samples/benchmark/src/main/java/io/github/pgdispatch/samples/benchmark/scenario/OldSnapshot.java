package io.github.pgdispatch.samples.benchmark.scenario;

import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Samples;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Whether jobs are run as quickly while somebody holds an old snapshot open, so that
 * nothing of what ran before can be removed.
 */
public final class OldSnapshot implements Scenario {

	private static final int JOBS = 50_000;

	private static final int DRAINS = 5;

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		List<Double> ratios = new ArrayList<>();
		List<Double> rates = new ArrayList<>();
		for (int i = 0; i < size.rounds().number(); i++) {
			TestDatabase database = Sql.createDatabase(server);
			rates = drains(database, size.of(JOBS));
			ratios.add(rates.get(DRAINS - 1) / rates.get(0));
			server.drop(database);
		}
		lines.accept(new Line("S9", "the last of five drains beside an old snapshot, against the first",
				new Samples(ratios), "", Target.atLeast(0.8),
				"in the end %,.0f/s against %,.0f/s".formatted(rates.get(DRAINS - 1), rates.get(0))));
	}

	private static List<Double> drains(TestDatabase database, int jobs) throws Exception {
		JdbcTemplate app = BenchmarkServer.jdbc(database, "app");
		Sql.drain(app, Sql.EFFECT, jobs); // Does not count.
		List<Double> rates = new ArrayList<>();
		try (Connection connection = database.dataSource("postgres").getConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("BEGIN ISOLATION LEVEL REPEATABLE READ");
			statement.execute("SELECT count(*) FROM pgdispatch.job");
			for (int i = 0; i < DRAINS; i++) {
				rates.add(Sql.drain(app, Sql.EFFECT, jobs));
			}
		}
		return rates;
	}

}
