package io.github.pgdispatch;

import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Marks transactions whose commit has begun. Spring treats such a transaction as one that
 * can be joined until it is completed, but the connection pool decides whether later
 * changes are committed or rolled back. The mark is a synchronization, because Spring
 * suspends synchronizations during an inner transaction.
 */
final class CommitMarker implements TransactionExecutionListener {

	static boolean isPresent() {
		return TransactionSynchronizationManager.isSynchronizationActive()
				&& TransactionSynchronizationManager.getSynchronizations().contains(Mark.COMMITTING);
	}

	@Override
	public void beforeCommit(TransactionExecution transaction) {
		if (transaction.isNewTransaction() && TransactionSynchronizationManager.isSynchronizationActive()) {
			TransactionSynchronizationManager.registerSynchronization(Mark.COMMITTING);
			CommitCallback.committing();
		}
	}

	private enum Mark implements TransactionSynchronization {

		COMMITTING

	}

}
