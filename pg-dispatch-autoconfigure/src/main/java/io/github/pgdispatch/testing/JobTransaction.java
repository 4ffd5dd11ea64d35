package io.github.pgdispatch.testing;

import java.util.function.Supplier;

import javax.sql.DataSource;

import io.github.pgdispatch.TransactionResource;
import io.github.pgdispatch.gateway.SingleJobGateway;

import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.ResourceTransactionManager;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The test's transaction, if it is in one.
 */
final class JobTransaction {

	private final PlatformTransactionManager transactionManager;

	private final TransactionTemplate template;

	private final Object resource;

	private final SingleJobGateway gateway;

	JobTransaction(PlatformTransactionManager transactionManager, DataSource dataSource, SingleJobGateway gateway) {
		this.transactionManager = transactionManager;
		this.template = new TransactionTemplate(transactionManager);
		this.resource = TransactionResource.of(dataSource);
		this.gateway = gateway;
	}

	/**
	 * Whether the test is in a transaction of the database that has the jobs.
	 */
	boolean isActive() {
		return TransactionSynchronizationManager.isActualTransactionActive()
				&& (!(this.transactionManager instanceof ResourceTransactionManager)
						|| TransactionSynchronizationManager.hasResource(this.resource));
	}

	/**
	 * Writes what JPA has not written yet: a trigger may dispatch, and a job may read it.
	 */
	void flush() {
		if (isActive()) {
			this.template.executeWithoutResult(TransactionStatus::flush);
		}
	}

	/**
	 * Does something in the test's transaction, or in one of its own.
	 */
	<T> T execute(Supplier<T> action) {
		return this.template.execute((status) -> action.get());
	}

	void run(Runnable action) {
		this.template.executeWithoutResult((status) -> action.run());
	}

	/**
	 * Runs a job such that in the test's transaction nothing is left of it if it fails.
	 */
	void attempt(Body body) throws Throwable {
		if (!isActive()) {
			body.run();
			return;
		}
		this.gateway.begin();
		try {
			body.run();
			flush();
			this.gateway.end();
		}
		catch (Throwable ex) {
			this.gateway.undo();
			throw ex;
		}
	}

	interface Body {

		void run() throws Throwable;

	}

}
