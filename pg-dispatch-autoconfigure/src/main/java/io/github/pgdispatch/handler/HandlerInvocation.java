package io.github.pgdispatch.handler;

import java.lang.reflect.Method;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.TransactionExecution;

/**
 * A call of a handler for a job. Belongs to one thread.
 */
public final class HandlerInvocation {

	private final Handler handler;

	private final @Nullable String transactionName;

	private final Completion completion;

	private final boolean wantsResult;

	private boolean entered;

	private boolean returned;

	private @Nullable String result;

	private @Nullable TransactionExecution transaction;

	private boolean completed;

	/**
	 * Creates a call.
	 * @param transactionName how Spring names the transaction that it begins for the
	 * method, if it does
	 * @param wantsResult whether what the method returns is kept
	 */
	HandlerInvocation(Handler handler, @Nullable String transactionName, Completion completion, boolean wantsResult) {
		this.handler = handler;
		this.transactionName = transactionName;
		this.completion = completion;
		this.wantsResult = wantsResult;
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

	void committing(TransactionExecution transaction, boolean commit) {
		if (transaction == this.transaction && !this.completion.complete(this.result, commit)) {
			throw new LostClaimException(this.handler.name());
		}
	}

	void ended(TransactionExecution transaction, boolean committed) {
		if (transaction == this.transaction) {
			this.transaction = null;
			this.completed |= committed;
		}
	}

	/**
	 * Takes what the method has returned, while its transaction is still open.
	 */
	void returned(@Nullable Object value) throws Throwable {
		if (this.entered && !this.returned) {
			this.returned = true;
			this.result = this.wantsResult ? this.handler.write(value) : null;
		}
	}

	/**
	 * Whether the job was completed in the transaction of the method.
	 * @return whether it was
	 */
	public boolean isCompleted() {
		return this.completed;
	}

	/**
	 * Returns what the method has returned, if it is to be kept.
	 * @return as JSON
	 */
	public @Nullable String result() {
		return this.result;
	}

}
