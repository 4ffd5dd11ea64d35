package io.github.pgdispatch.samples.benchmark.contender;

import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * pg-dispatch with a method of three transactional steps, each of which does what a job
 * does.
 */
public record SteppedPgDispatch() implements Contender {

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		return new PgDispatchApplication(dataSource, transactionManager, threads, body, SteppedJobs.class,
				NodeSettings.DEFAULT);
	}

	@Override
	public String toString() {
		return "pg-dispatch, method with three transactional steps";
	}

}
