package io.github.pgdispatch;

import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Counts the dispatches of one transaction, and informs the listener after the commit.
 */
final class CommitCallback implements TransactionSynchronization {

	private final DispatchListener listener;

	private int fired;

	private int snoozed;

	private CommitCallback(DispatchListener listener) {
		this.listener = listener;
	}

	/**
	 * Returns the callback of the current transaction, which is created and registered by
	 * the first call.
	 * @param listener the listener to inform
	 * @return the callback of the current transaction for this listener
	 */
	static CommitCallback of(DispatchListener listener) {
		for (TransactionSynchronization synchronization : TransactionSynchronizationManager.getSynchronizations()) {
			if (synchronization instanceof CommitCallback callback && callback.listener == listener) {
				return callback;
			}
		}
		CommitCallback callback = new CommitCallback(listener);
		TransactionSynchronizationManager.registerSynchronization(callback);
		return callback;
	}

	void count(int jobs, boolean later) {
		if (later) {
			this.snoozed += jobs;
		}
		else {
			this.fired += jobs;
		}
	}

	@Override
	public void afterCompletion(int status) {
		// Not only STATUS_COMMITTED: a transaction with an unknown outcome may have
		// committed.
		if (status != STATUS_ROLLED_BACK) {
			this.listener.committed(this.fired, this.snoozed);
		}
	}

}
