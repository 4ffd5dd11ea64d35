package io.github.pgdispatch;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link DispatchedInTransaction}.
 */
class DispatchedInTransactionTests {

	private final TransactionManager transactionManager = new TransactionManager();

	private final TransactionTemplate transaction = new TransactionTemplate(this.transactionManager);

	private final TransactionTemplate inner = new TransactionTemplate(this.transactionManager);

	DispatchedInTransactionTests() {
		this.inner.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
	}

	@AfterEach
	void leavesNothingOnTheThread() {
		assertThat(TransactionSynchronizationManager.getResourceMap()).isEmpty();
	}

	@Test
	void knowsWhatTheTransactionHasDispatched() {
		this.transaction.executeWithoutResult((status) -> {
			DispatchedInTransaction.add(1L);
			DispatchedInTransaction.add(2L);
			assertThat(DispatchedInTransaction.contains(1)).isTrue();
			assertThat(DispatchedInTransaction.contains(2)).isTrue();
			assertThat(DispatchedInTransaction.contains(3)).isFalse();
		});
		assertThat(DispatchedInTransaction.contains(1)).isFalse();
	}

	@Test
	void knowsWhatASuspendedTransactionHasDispatched() {
		this.transaction.executeWithoutResult((status) -> {
			DispatchedInTransaction.add(1L);
			this.inner.executeWithoutResult((innerStatus) -> {
				DispatchedInTransaction.add(1L);
				DispatchedInTransaction.add(2L);
				assertThat(DispatchedInTransaction.contains(1)).isTrue();
			});
			assertThat(DispatchedInTransaction.contains(1)).isTrue();
			assertThat(DispatchedInTransaction.contains(2)).isFalse();
		});
	}

	@Test
	void forgetsATransactionThatRollsBack() {
		this.transaction.executeWithoutResult((status) -> {
			DispatchedInTransaction.add(1L);
			status.setRollbackOnly();
		});
		assertThat(DispatchedInTransaction.contains(1)).isFalse();
	}

	@Test
	void forgetsATransactionBeforeOthersHearOfItsCommit() {
		List<Boolean> contained = new ArrayList<>();
		this.transaction.executeWithoutResult((status) -> {
			TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

				@Override
				public void beforeCommit(boolean readOnly) {
					contained.add(DispatchedInTransaction.contains(1));
				}

				@Override
				public void afterCommit() {
					contained.add(DispatchedInTransaction.contains(1));
				}

			});
			DispatchedInTransaction.add(1L);
		});
		assertThat(contained).containsExactly(true, false);
	}

	@SuppressWarnings("serial")
	private static final class TransactionManager extends AbstractPlatformTransactionManager {

		private int open;

		@Override
		protected Object doGetTransaction() {
			return this.open > 0;
		}

		@Override
		protected boolean isExistingTransaction(Object transaction) {
			return (boolean) transaction;
		}

		@Override
		protected Object doSuspend(Object transaction) {
			return transaction;
		}

		@Override
		protected void doResume(Object transaction, Object suspended) {
		}

		@Override
		protected void doBegin(Object transaction, TransactionDefinition definition) {
			this.open++;
		}

		@Override
		protected void doCommit(DefaultTransactionStatus status) {
			this.open--;
		}

		@Override
		protected void doRollback(DefaultTransactionStatus status) {
			this.open--;
		}

	}

}
