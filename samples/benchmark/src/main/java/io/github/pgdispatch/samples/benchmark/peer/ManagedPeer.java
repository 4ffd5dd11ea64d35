package io.github.pgdispatch.samples.benchmark.peer;

import java.util.function.LongConsumer;

import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.samples.benchmark.contender.Application;
import io.github.pgdispatch.samples.benchmark.contender.Contender;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * A peer whose jobs have what an option of pg-dispatch gives to a job.
 */
public enum ManagedPeer implements Contender {

	/**
	 * The id of a task is unique in any case.
	 */
	UNIQUE_TASK(Peers.DB_SCHEDULER, "unique task", Peers.DB_SCHEDULER::create),

	/**
	 * A request has an id, of which it keeps one.
	 */
	UNIQUE_REQUEST(Peers.TRANSACTION_OUTBOX, "unique request", TransactionOutboxPeer::withUniqueRequests),

	/**
	 * Records have a key, one of 100.
	 */
	ORDERED_RECORD(Peers.NAMASTACK_OUTBOX, "100 keys", NamastackOutbox.inOrderOf(100));

	private final Peers peer;

	private final String title;

	private final Peers.Factory factory;

	ManagedPeer(Peers peer, String what, Peers.Factory factory) {
		this.peer = peer;
		this.title = peer + ", " + what;
		this.factory = factory;
	}

	/**
	 * Who it is.
	 * @return the peer without the option
	 */
	public Peers peer() {
		return this.peer;
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

}
