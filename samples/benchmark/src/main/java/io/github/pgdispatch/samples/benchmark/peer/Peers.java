package io.github.pgdispatch.samples.benchmark.peer;

import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.samples.benchmark.contender.Application;
import io.github.pgdispatch.samples.benchmark.contender.Contender;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * The ones we are compared to.
 */
public enum Peers implements Contender {

	/**
	 * A scheduler with a table of its own; polls, and can be woken.
	 */
	DB_SCHEDULER("db-scheduler 16.12",
			(dataSource, transactionManager, threads, body) -> new DbScheduler(dataSource, threads,
					DbSchedulerTasks.once(body))),

	/**
	 * An outbox that hands a job to a local pool after the commit.
	 */
	TRANSACTION_OUTBOX("transaction-outbox 4.2", TransactionOutboxPeer::new),

	/**
	 * An outbox that polls, ordered by key.
	 */
	NAMASTACK_OUTBOX("namastack-outbox 1.6", NamastackOutbox::new),

	/**
	 * Application events, kept until their listener is done.
	 */
	MODULITH("Spring Modulith 2.1", Modulith::new),

	/**
	 * A job server that polls every five seconds at the most often.
	 */
	JOBRUNR("JobRunr 8.7", JobRunrPeer::new);

	private final String title;

	private final Factory factory;

	Peers(String title, Factory factory) {
		this.title = title;
		this.factory = factory;
	}

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		return this.factory.create(dataSource, transactionManager, threads, body);
	}

	@Override
	public String toString() {
		return this.title;
	}

	/**
	 * Makes the application of a peer.
	 */
	@FunctionalInterface
	interface Factory {

		Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
				LongConsumer body);

	}

}
