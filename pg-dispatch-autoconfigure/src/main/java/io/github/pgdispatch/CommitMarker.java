package io.github.pgdispatch;

import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Marks transactions whose commit has begun. Until its completion Spring treats such a
 * transaction as if it could still be joined, and what then is written through its
 * connection is committed or rolled back as the connection pool happens to do. The mark
 * is a synchronization because these are what Spring puts aside for the time of an inner
 * transaction.
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
		}
	}

	private enum Mark implements TransactionSynchronization {

		COMMITTING

	}

}
