package io.github.pgdispatch;

import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Counts the dispatches of one transaction, and tells the listener of them after its
 * commit.
 */
final class CommitCallback implements TransactionSynchronization {

	private final DispatchListener listener;

	private int fired;

	private int snoozed;

	private CommitCallback(DispatchListener listener) {
		this.listener = listener;
	}

	/**
	 * Returns the callback of the current transaction.
	 * @param listener to be told
	 * @return the callback
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

	void count(boolean later) {
		count(1, later);
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
		// Not only if committed: a transaction of unknown outcome may have been.
		if (status != STATUS_ROLLED_BACK) {
			this.listener.committed(this.fired, this.snoozed);
		}
	}

}
