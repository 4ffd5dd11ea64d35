package io.github.pgdispatch;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Knows of which database the current transaction is. A connection that is bound to the
 * thread does not say so: it may belong to an outer transaction, which ends later, or to
 * a query in the transaction of another database.
 *
 * @param resource under which the connections of the database are bound
 */
record TransactionOrigin(Object resource) implements TransactionExecutionListener {

	/**
	 * Marks the transactions of a manager from now on.
	 * @param transactionManager the manager of the transactions
	 * @param dataSource the database of which they are
	 */
	static void mark(ConfigurableTransactionManager transactionManager, DataSource dataSource) {
		TransactionOrigin origin = new TransactionOrigin(TransactionResource.of(dataSource));
		if (!transactionManager.getTransactionExecutionListeners().contains(origin)) {
			transactionManager.addListener(origin);
		}
	}

	/**
	 * Returns whether the current transaction is of a database. A transaction that no
	 * marked manager has begun is of all databases that have a bound connection.
	 */
	static boolean isCurrent(Object resource) {
		if (!TransactionSynchronizationManager.isSynchronizationActive()) {
			return TransactionSynchronizationManager.hasResource(resource);
		}
		boolean marked = false;
		for (TransactionSynchronization each : TransactionSynchronizationManager.getSynchronizations()) {
			if (each instanceof Mark mark) {
				if (mark.resource == resource) {
					return true;
				}
				marked = true;
			}
		}
		return !marked && !isSuspended(resource) && TransactionSynchronizationManager.hasResource(resource);
	}

	/**
	 * Returns whether a transaction of a database waits for the end of the current one.
	 */
	static boolean isSuspended(Object resource) {
		return TransactionSynchronizationManager.hasResource(new Suspended(resource));
	}

	@Override
	public void afterBegin(TransactionExecution transaction, @Nullable Throwable beginFailure) {
		if (beginFailure == null && transaction.isNewTransaction()
				&& TransactionSynchronizationManager.isSynchronizationActive()) {
			TransactionSynchronizationManager.registerSynchronization(new Mark(this.resource));
		}
	}

	/**
	 * The key of a resource, which stays visible while an inner transaction suspends the
	 * synchronizations of the outer one.
	 */
	private record Suspended(Object resource) {

	}

	private static final class Mark implements TransactionSynchronization {

		private final Object resource;

		private boolean bound;

		Mark(Object resource) {
			this.resource = resource;
		}

		@Override
		public void suspend() {
			this.bound = !isSuspended(this.resource);
			if (this.bound) {
				TransactionSynchronizationManager.bindResource(new Suspended(this.resource), Boolean.TRUE);
			}
		}

		@Override
		public void resume() {
			if (this.bound) {
				TransactionSynchronizationManager.unbindResource(new Suspended(this.resource));
			}
		}

	}

}
