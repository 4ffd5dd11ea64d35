package io.github.pgdispatch.samples.benchmark.contender;

import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.test.TestDatabase;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * Somebody who runs jobs for an application after the commit. Its text is its name.
 */
public interface Contender {

	/**
	 * How its application reaches a database.
	 * @param database of the benchmark
	 * @return the address that the application's connections have
	 */
	default String url(TestDatabase database) {
		return database.url();
	}

	/**
	 * Prepares an application, which does not run jobs yet.
	 * @param dataSource of an empty database
	 * @param transactionManager of the transactions in which is dispatched
	 * @param threads how many jobs may run at once
	 * @param body what a job does with the number that it was dispatched with
	 * @return the application, which is to be closed
	 */
	Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body);

}
