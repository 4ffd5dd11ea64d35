package io.github.pgdispatch;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.springframework.core.Ordered;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Knows the dispatches of one transaction, and informs the listener after the commit.
 */
final class CommitCallback implements TransactionSynchronization {

	private final DispatchListener listener;

	private final List<Reservation> certain = new ArrayList<>();

	private final List<Reservation> uncertain = new ArrayList<>();

	private final List<Reservation> changed = new ArrayList<>();

	private int fired;

	private int snoozed;

	private boolean commits;

	private boolean informed;

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
		return current().filter((callback) -> callback.listener == listener).findFirst().orElseGet(() -> {
			CommitCallback callback = new CommitCallback(listener);
			TransactionSynchronizationManager.registerSynchronization(callback);
			return callback;
		});
	}

	private static Stream<CommitCallback> current() {
		return TransactionSynchronizationManager.getSynchronizations()
			.stream()
			.filter(CommitCallback.class::isInstance)
			.map(CommitCallback.class::cast);
	}

	/**
	 * Notes that something in the current transaction may have changed the jobs that it
	 * has dispatched so far. After the commit, those of them that were born claimed are
	 * given back instead of being run.
	 */
	static void jobsMayHaveChanged() {
		current().forEach((callback) -> {
			callback.changed.addAll(callback.certain);
			callback.changed.addAll(callback.uncertain);
			callback.certain.clear();
			callback.uncertain.clear();
		});
	}

	/**
	 * Notes that the current transaction is about to commit. {@link #beforeCommit} alone
	 * would not do: Spring does not call it if the callback is registered while other
	 * callbacks are called before the commit.
	 */
	static void committing() {
		current().forEach((callback) -> callback.commits = true);
	}

	void count(int jobs, boolean later) {
		if (later) {
			this.snoozed += jobs;
		}
		else {
			this.fired += jobs;
		}
	}

	/**
	 * Adds a job that was born claimed.
	 * @param reservation of the job
	 * @param inSavepoint whether it was written within a savepoint, which can be rolled
	 * back alone
	 */
	void add(Reservation reservation, boolean inSavepoint) {
		(inSavepoint ? this.uncertain : this.certain).add(reservation);
	}

	/**
	 * Jobs start before other synchronizations do what takes time.
	 */
	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE;
	}

	@Override
	public void beforeCommit(boolean readOnly) {
		this.commits = true;
	}

	@Override
	public void afterCommit() {
		this.informed = true;
		this.certain.forEach((reservation) -> reservation.committed(true));
		this.uncertain.forEach((reservation) -> reservation.committed(false));
		this.changed.forEach(Reservation::unknown);
		inform();
	}

	@Override
	public void afterCompletion(int status) {
		if (this.informed) {
			return;
		}
		if (status == STATUS_COMMITTED) {
			afterCommit();
		}
		else if (status == STATUS_ROLLED_BACK && !this.commits) {
			all().forEach(Reservation::release);
		}
		else {
			// The transaction may have committed, also where Spring has rolled it back
			// because the commit failed.
			all().forEach(Reservation::unknown);
			inform();
		}
	}

	private Stream<Reservation> all() {
		return Stream.of(this.certain, this.uncertain, this.changed).flatMap(List::stream);
	}

	private void inform() {
		if (this.fired > 0 || this.snoozed > 0) {
			this.listener.committed(this.fired, this.snoozed);
		}
	}

}
