package io.github.pgdispatch.testing;

import java.util.function.Supplier;

import javax.sql.DataSource;

import io.github.pgdispatch.TransactionResource;
import io.github.pgdispatch.handler.CurrentStep;
import io.github.pgdispatch.handler.LosslessMapper;
import io.github.pgdispatch.handler.StepFactory;

import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.ResourceTransactionManager;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The transaction of the test, if the test has one.
 */
final class JobTransaction {

	private final PlatformTransactionManager transactionManager;

	private final TransactionTemplate template;

	private final Object resource;

	private final SavepointGateway savepoint;

	JobTransaction(PlatformTransactionManager transactionManager, DataSource dataSource) {
		this.transactionManager = transactionManager;
		this.template = new TransactionTemplate(transactionManager);
		this.resource = TransactionResource.of(dataSource);
		this.savepoint = new SavepointGateway(dataSource);
	}

	/**
	 * Returns whether the test is in a transaction of the database that has the jobs.
	 */
	boolean isActive() {
		return TransactionSynchronizationManager.isActualTransactionActive()
				&& (!(this.transactionManager instanceof ResourceTransactionManager)
						|| TransactionSynchronizationManager.hasResource(this.resource));
	}

	/**
	 * Writes pending JPA changes. A trigger may dispatch jobs, and a job may read the
	 * changes.
	 */
	void flush() {
		if (isActive()) {
			this.template.executeWithoutResult(TransactionStatus::flush);
		}
	}

	/**
	 * Runs an action in the transaction of the test or, if there is none, in its own.
	 */
	<T> T execute(Supplier<T> action) {
		return this.template.execute((status) -> action.get());
	}

	void run(Runnable action) {
		this.template.executeWithoutResult((status) -> action.run());
	}

	/**
	 * Returns what makes the steps of a job. In the transaction of the test, they are
	 * part of it.
	 */
	StepFactory steps(Supplier<LosslessMapper> mapper, CurrentStep current) {
		return isActive() ? StepFactory.inCurrentTransaction(mapper, current, this.template)
				: StepFactory.inNewTransactions(mapper, current, this.transactionManager);
	}

	/**
	 * Runs a job. If it fails in the transaction of the test, its effects are undone.
	 */
	void attempt(Body body) throws Throwable {
		if (!isActive()) {
			body.run();
			return;
		}
		this.savepoint.set();
		try {
			body.run();
			flush();
			this.savepoint.release();
		}
		catch (Throwable ex) {
			this.savepoint.rollBack();
			throw ex;
		}
	}

	interface Body {

		void run() throws Throwable;

	}

}
