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
 * Remembers the jobs that were dispatched by transactions of the current thread that have
 * not ended, which are the current transaction and those that it suspends. Waiting for
 * one of these jobs would never end.
 */
final class DispatchedInTransaction implements TransactionSynchronization {

	/**
	 * The key of a resource. A resource stays visible while an inner transaction suspends
	 * the outer one, and a synchronization does not.
	 */
	private static final Object RESOURCE = DispatchedInTransaction.class;

	private final Set<Long> ids = new HashSet<>();

	private DispatchedInTransaction() {
	}

	/**
	 * Remembers a job until the current transaction has ended.
	 * @param id the id of the job, or {@code null} if the transaction cannot see the job
	 * @return the id, or zero for {@code null}
	 */
	static long add(@Nullable Long id) {
		if (id == null) {
			return 0;
		}
		current().ids.add(id);
		return id;
	}

	/**
	 * Returns whether a transaction of this thread that has not ended has dispatched a
	 * job.
	 * @param id the id of the job
	 * @return whether there is such a transaction
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
	 * Synchronizations that are called after this one may wait for the job.
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
