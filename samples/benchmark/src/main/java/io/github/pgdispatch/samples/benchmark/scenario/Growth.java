package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.function.Consumer;

import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.measure.Samples;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * How large the table of jobs and its indexes become by the jobs that go through it. They
 * do so at some ten thousand per second, so that autovacuum looks every second: for what
 * it leaves behind, that is as if they went through at some hundred per second, and it
 * looked every minute.
 */
public final class Growth implements Scenario {

	private static final int FEW = 100_000;

	private static final int MANY = 10_000_000;

	private static final int AT_ONCE = 1_000;

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) {
		JdbcTemplate postgres = BenchmarkServer.jdbc(server.cronDatabase(), "postgres");
		configure(postgres, "SET autovacuum_naptime = '1s'");
		try {
			measure(server, size, lines);
		}
		finally {
			configure(postgres, "RESET autovacuum_naptime");
		}
	}

	private static void configure(JdbcTemplate postgres, String change) {
		postgres.execute("ALTER SYSTEM " + change);
		postgres.execute("SELECT pg_reload_conf()");
	}

	private static void measure(BenchmarkServer server, Size size, Consumer<Line> lines) {
		TestDatabase database = server.createDatabaseWithSchema();
		JdbcTemplate app = BenchmarkServer.jdbc(database, "app");
		long few = largest(app, FEW);
		int many = size.of(MANY);
		largest(app, many - 2 * FEW);
		long afterMany = largest(app, FEW);
		lines
			.accept(new Line("S11",
					"size of the jobs' table at its largest, after %,d jobs, against the first %,d".formatted(many,
							FEW),
					Samples.of((double) afterMany / few), "", Target.atMost(1.5),
					"%,d kB against %,d kB".formatted(afterMany / 1024, few / 1024)));
		server.drop(database);
	}

	/**
	 * Right after a vacuum it may be nearly empty.
	 */
	private static long largest(JdbcTemplate app, int jobs) {
		long largest = 0;
		for (int i = 0; i < jobs; i += AT_ONCE) {
			app.execute(Sql.fireMany("SELECT 1", AT_ONCE));
			app.execute("CALL pgdispatch.work()");
			Long size = app.queryForObject("SELECT pg_total_relation_size('pgdispatch.job')", Long.class);
			largest = Math.max(largest, (size != null) ? size : 0);
		}
		return largest;
	}

}
