package io.github.pgdispatch.samples.benchmark.scenario;

import java.lang.management.ManagementFactory;
import java.util.function.Consumer;

import com.sun.management.OperatingSystemMXBean;
import io.github.pgdispatch.samples.benchmark.contender.Arena;
import io.github.pgdispatch.samples.benchmark.contender.CronContender;
import io.github.pgdispatch.samples.benchmark.contender.PgDispatch;
import io.github.pgdispatch.samples.benchmark.database.BenchmarkServer;
import io.github.pgdispatch.samples.benchmark.database.Statements;
import io.github.pgdispatch.samples.benchmark.measure.Samples;
import io.github.pgdispatch.samples.benchmark.report.Line;
import io.github.pgdispatch.samples.benchmark.report.Target;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * What it costs that there is nothing to do.
 */
public final class Idle implements Scenario {

	private static final int SECONDS = 60;

	private static final long SETTLES_MILLIS = 5_000;

	/**
	 * A server notes which transactions run, every 15 seconds, if there was one since;
	 * and autovacuum looks into each database once a minute.
	 */
	private static final long QUIET_MILLIS = 70_000;

	private static final int LOOKS = 5;

	@Override
	public void run(BenchmarkServer server, Size size, Consumer<Line> lines) throws Exception {
		int seconds = Math.max(20, size.of(SECONDS));
		node(server, seconds, lines);
		database(server, seconds, lines);
	}

	private static void node(BenchmarkServer server, int seconds, Consumer<Line> lines) throws Exception {
		TestDatabase database = server.createDatabase();
		OperatingSystemMXBean process = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
		try (Arena arena = new Arena(database, PgDispatch.METHOD, Arena.Body::nothing)) {
			arena.application().start();
			arena.dispatch(1);
			Thread.sleep(SETTLES_MILLIS);
			Statements statements = new Statements(server, database);
			long sent = statements.count();
			long cpu = process.getProcessCpuTime();
			Thread.sleep(seconds * 1000L);
			lines.accept(new Line("S10", "statements of an idle node",
					Samples.of((double) (statements.count() - sent) / seconds), "/s", Target.atMost(2), ""));
			lines.accept(new Line("S10", "CPU of an idle node",
					Samples.of((process.getProcessCpuTime() - cpu) / 1e7 / seconds), "%", Target.atMost(1), ""));
		}
		server.drop(database);
	}

	private static void database(BenchmarkServer server, int seconds, Consumer<Line> lines) throws Exception {
		TestDatabase database = server.cronDatabase();
		CronContender.PG_DISPATCH.install(database);
		BenchmarkServer.jdbc(database, "app").execute("SELECT pgdispatch.fire('SELECT 1')");
		CronContender.PG_DISPATCH.awaitIdle(database);
		JdbcTemplate postgres = BenchmarkServer.jdbc(database, "postgres");
		// Not to be done later, by autovacuum.
		postgres.execute("VACUUM ANALYZE");
		postgres.execute("CHECKPOINT");
		String position = awaitQuiet(postgres);
		Thread.sleep(seconds * 1000L);
		lines.accept(figure("backends", postgres, "count(*) FROM pg_stat_activity WHERE usename = 'app'"));
		lines.accept(figure("rows", postgres,
				"(SELECT count(*) FROM cron.job) + (SELECT count(*) FROM cron.job_run_details) + (SELECT count(*) FROM pgdispatch.cron_worker)"));
		lines.accept(
				figure("bytes of WAL", postgres, "pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '" + position + "')"));
	}

	/**
	 * Waits until nothing was written for a while, if that comes.
	 */
	private static String awaitQuiet(JdbcTemplate postgres) throws InterruptedException {
		String position = "";
		for (int i = 0; i < LOOKS; i++) {
			String now = postgres.queryForObject("SELECT pg_current_wal_insert_lsn()::text", String.class);
			if (position.equals(now)) {
				break;
			}
			position = String.valueOf(now);
			Thread.sleep(QUIET_MILLIS);
		}
		return position;
	}

	private static Line figure(String what, JdbcTemplate postgres, String expression) {
		Double value = postgres.queryForObject("SELECT " + expression, Double.class);
		return new Line("S10", what + " of an idle database", Samples.of((value != null) ? value : Double.NaN), "",
				Target.atMost(0), "");
	}

}
