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
	EMPTY(""),

	/**
	 * A job inserts a row.
	 */
	INSERTING("INSERT INTO effect (number) VALUES ($1)");

	/**
	 * A table in which the process leaves how many jobs it ran per second, when none is
	 * left of those that had waited for it. It says so by its own clock, from the moment
	 * when it was warm.
	 */
	public static final String PACE = "pace";

	private final String statement;

	GraphileWorker(String statement) {
		this.statement = statement;
	}

	/**
	 * Returns whether it can be run here.
	 * @return whether {@code node} and {@code npm} are on the path
	 */
	public static boolean isAvailable() {
		return NodePackages.areAvailable();
	}

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		return new GraphileWorkerProcess(dataSource, this.statement);
	}

	@Override
	public String toString() {
		return "graphile-worker 0.17";
	}

}
