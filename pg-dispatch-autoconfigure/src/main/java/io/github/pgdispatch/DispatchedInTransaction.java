package io.github.pgdispatch;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Remembers which jobs were dispatched by transactions of the current thread that have
 * not ended: the current one, and those that it has suspended. To wait for one of them
 * would be to wait for ever.
 */
final class DispatchedInTransaction implements TransactionSynchronization {

	/**
	 * Unlike the synchronizations, what is bound by it stays visible while an inner
	 * transaction suspends the outer one.
	 */
	private static final Object RESOURCE = DispatchedInTransaction.class;

	private final Set<Long> ids = new HashSet<>();

	private DispatchedInTransaction() {
	}

	/**
	 * Remembers a job, until the current transaction has ended.
	 * @param id of the job that it has dispatched; {@code null} if it cannot see that
	 * @return the id, or zero
	 */
	static long add(@Nullable Long id) {
		if (id == null) {
			return 0;
		}
		current().ids.add(id);
		return id;
	}

	/**
	 * Whether a transaction that has not ended has dispatched a job.
	 * @param id of the job
	 * @return whether one of this thread has
	 */
	static boolean contains(long id) {
		List<DispatchedInTransaction> open = open();
		return open != null && open.stream().anyMatch((transaction) -> transaction.ids.contains(id));
	}

	private static DispatchedInTransaction current() {
		for (TransactionSynchronization synchronization : TransactionSynchronizationManager.getSynchronizations()) {
			if (synchronization instanceof DispatchedInTransaction current) {
				return current;
			}
		}
		DispatchedInTransaction current = new DispatchedInTransaction();
		TransactionSynchronizationManager.registerSynchronization(current);
		List<DispatchedInTransaction> open = open();
		if (open == null) {
			open = new ArrayList<>();
			TransactionSynchronizationManager.bindResource(RESOURCE, open);
		}
		open.add(current);
		return current;
	}

	@SuppressWarnings("unchecked")
	private static @Nullable List<DispatchedInTransaction> open() {
		return (List<DispatchedInTransaction>) TransactionSynchronizationManager.getResource(RESOURCE);
	}

	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE;
	}

	/**
	 * What is called after this one may wait already.
	 */
	@Override
	public void afterCommit() {
		forget();
	}

	@Override
	public void afterCompletion(int status) {
		forget();
	}

	private void forget() {
		List<DispatchedInTransaction> open = open();
		if (open != null && open.remove(this) && open.isEmpty()) {
			TransactionSynchronizationManager.unbindResource(RESOURCE);
		}
	}

}
