package io.github.pgdispatch.samples.benchmark.peer;

import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.samples.benchmark.contender.Application;
import io.github.pgdispatch.samples.benchmark.contender.Contender;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * A peer that runs jobs in a process of its own, in Node.js. So a job does what the
 * contender says, whatever the body would do.
 */
public enum GraphileWorker implements Contender {

	/**
	 * A job does nothing.
	 */
	EMPTY("", ""),

	/**
	 * A job inserts a row.
	 */
	INSERTING("", Statement.INSERT),

	/**
	 * The same with a key, of which there is one job at a time.
	 */
	KEYED("job key", Statement.INSERT, 24, "NULL", "concat('key ', n)"),

	/**
	 * The same in a queue, one of 100, whose jobs run one after the other.
	 */
	QUEUED("100 queues", Statement.INSERT, 24, "concat('order ', n % 100)", "NULL"),

	/**
	 * The same, four at once.
	 */
	FOUR("4 at once", Statement.INSERT, 4, "NULL", "NULL");

	/**
	 * A table in which the process leaves how many jobs it ran per second, when none is
	 * left of those that had waited for it. It says so by its own clock, from the moment
	 * when it was warm.
	 */
	public static final String PACE = "pace";

	private final String what;

	private final String statement;

	private final int atOnce;

	private final String queue;

	private final String key;

	GraphileWorker(String what, String statement) {
		// As many at once as its documentation advises.
		this(what, statement, 24, "NULL", "NULL");
	}

	GraphileWorker(String what, String statement, int atOnce, String queue, String key) {
		this.what = what;
		this.statement = statement;
		this.atOnce = atOnce;
		this.queue = queue;
		this.key = key;
	}

	/**
	 * Returns whether it can be run here.
	 * @return whether {@code node} and {@code npm} are on the path
	 */
	public static boolean isAvailable() {
		return NodePackages.areAvailable();
	}

	/**
	 * Dispatches many jobs, all at once, as one by one takes longer the more there are.
	 * @param jobs how many
	 * @return a query
	 */
	public String dispatchMany(int jobs) {
		return """
				SELECT FROM graphile_worker.add_jobs(ARRAY(
				    SELECT ROW('job', json_build_object('number', n), %s, NULL, NULL, %s, NULL, NULL)::graphile_worker.job_spec
				      FROM generate_series(1, %d) AS n))"""
			.formatted(this.queue, this.key, jobs);
	}

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		return new GraphileWorkerProcess(dataSource, this.statement, this.atOnce);
	}

	@Override
	public String toString() {
		return "graphile-worker 0.17" + (this.what.isEmpty() ? "" : ", " + this.what);
	}

	/**
	 * What a job runs.
	 */
	private static final class Statement {

		static final String INSERT = "INSERT INTO effect (number) VALUES ($1)";

		private Statement() {
		}

	}

}
