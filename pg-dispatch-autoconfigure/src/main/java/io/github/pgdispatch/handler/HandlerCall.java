package io.github.pgdispatch.handler;

import java.lang.reflect.Method;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.TransactionExecution;

/**
 * A call of a handler for a job. Belongs to one thread.
 */
final class HandlerCall {

	private final Handler handler;

	private final @Nullable String transactionName;

	private final Completion completion;

	private boolean entered;

	private @Nullable TransactionExecution transaction;

	private boolean completed;

	/**
	 * Creates a call.
	 * @param transactionName how Spring names the transaction that it begins for the
	 * method, if it does
	 */
	HandlerCall(Handler handler, @Nullable String transactionName, Completion completion) {
		this.handler = handler;
		this.transactionName = transactionName;
		this.completion = completion;
	}

	/**
	 * Lets the method run, once. Whatever it calls itself is a dispatch again, even if it
	 * calls the same method.
	 */
	boolean enter(Method method, Class<?> targetClass) {
		if (this.entered || !this.handler.isFor(method, targetClass)) {
			return false;
		}
		this.entered = true;
		return true;
	}

	void began(TransactionExecution transaction) {
		if (this.entered && this.transaction == null && transaction.isNewTransaction() && !transaction.isReadOnly()
				&& transaction.getTransactionName().equals(this.transactionName)) {
			this.transaction = transaction;
		}
	}

	void committing(TransactionExecution transaction) {
		if (transaction == this.transaction && !this.completion.complete()) {
			throw new LostClaimException(this.handler.name());
		}
	}

	void ended(TransactionExecution transaction, boolean committed) {
		if (transaction == this.transaction) {
			this.transaction = null;
			this.completed |= committed;
		}
	}

	boolean isCompleted() {
		return this.completed;
	}

}
