package io.github.pgdispatch.samples.benchmark.peer;

import java.util.concurrent.TimeUnit;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.samples.benchmark.contender.Application;
import io.github.pgdispatch.samples.benchmark.contender.Background;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcTemplate;

/**
 * graphile-worker: jobs that are dispatched in SQL, and run by a process.
 */
final class GraphileWorkerProcess implements Application {

	private final NodePackages packages = NodePackages.install("graphile-worker", "worker.mjs");

	private final JdbcTemplate jdbc;

	private final String url;

	private final String statement;

	private final int atOnce;

	private @Nullable Process process;

	GraphileWorkerProcess(HikariDataSource dataSource, String statement, int atOnce) {
		this.jdbc = new JdbcTemplate(dataSource);
		this.url = dataSource.getJdbcUrl()
			.replace("jdbc:postgresql://", "postgresql://" + dataSource.getUsername() + "@");
		this.statement = statement;
		this.atOnce = atOnce;
		this.packages.run("node_modules/graphile-worker/dist/cli.js", "--schema-only", "--connection", this.url);
		this.jdbc.execute("CREATE TABLE " + GraphileWorker.PACE + " (jobs_per_second double precision NOT NULL)");
	}

	@Override
	public void dispatch(long number) {
		this.jdbc.query("SELECT FROM graphile_worker.add_job('job', json_build_object('number', ?::bigint))", (row) -> {
		}, number);
	}

	@Override
	public void start() {
		this.process = this.packages.start("worker.mjs", this.url, Long.toString(waiting()),
				Integer.toString(this.atOnce), this.statement);
	}

	/**
	 * At this signal it ends when the running jobs are done, and gives back those that it
	 * has fetched.
	 */
	@Override
	public void stop() {
		if (this.process != null) {
			this.process.destroy();
			this.process.onExit().orTimeout(1, TimeUnit.MINUTES).join();
			this.process = null;
		}
	}

	@Override
	public long waiting() {
		return Background.count(this.jdbc, "graphile_worker.jobs");
	}

	@Override
	public void close() {
		stop();
	}

}
