package io.github.pgdispatch.samples.benchmark.peer;

import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.samples.benchmark.contender.Application;
import io.github.pgdispatch.samples.benchmark.contender.Contender;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * DBOS Transact: workflows of three transactional steps, each of which does what a job
 * does.
 */
public record Dbos() implements Contender {

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		return new DbosApplication(dataSource, threads, body);
	}

	@Override
	public String toString() {
		return "DBOS Transact 1.1.0-m6, workflow with three transactional steps";
	}

}
