package io.github.pgdispatch.handler;

import java.lang.reflect.Method;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.TransactionExecution;

/**
 * A call of a handler for a job. Used by one thread.
 */
public final class HandlerInvocation {

	private final Handler handler;

	private final @Nullable String transactionName;

	private final @Nullable Completion completion;

	private final boolean wantsResult;

	private boolean entered;

	private boolean returned;

	private @Nullable String result;

	private @Nullable TransactionExecution transaction;

	private boolean completes;

	private boolean completed;

	private boolean rolledBack;

	/**
	 * Creates an invocation.
	 * @param handler the handler
	 * @param transactionName the name of the transaction of the method, or {@code null}
	 * if it has none
	 * @param completion completes the job in the transaction of the method; {@code null}
	 * if it is completed afterwards
	 * @param wantsResult whether the return value is kept
	 */
	HandlerInvocation(Handler handler, @Nullable String transactionName, @Nullable Completion completion,
			boolean wantsResult) {
		this.handler = handler;
		this.transactionName = transactionName;
		this.completion = completion;
		this.wantsResult = wantsResult;
	}

	/**
	 * Lets the method run once. The calls that the method makes dispatch again, even if
	 * it calls itself.
	 */
	boolean enter(Method method, Class<?> targetClass) {
		if (this.entered || !this.handler.isFor(method, targetClass)) {
			return false;
		}
		this.entered = true;
		return true;
	}

	/**
	 * Notes that a transaction has begun. Called once for each {@code DataSource} whose
	 * transactions its manager manages.
	 */
	void began(TransactionExecution transaction, DataSource dataSource) {
		boolean expected = this.transaction == null || this.transaction == transaction;
		if (this.entered && expected && transaction.isNewTransaction()
				&& transaction.getTransactionName().equals(this.transactionName)) {
			this.transaction = transaction;
			this.completes |= isCompletedIn(dataSource) && !transaction.isReadOnly();
		}
	}

	private boolean isCompletedIn(DataSource dataSource) {
		return this.completion != null && this.completion.isIn(dataSource);
	}

	void committing(TransactionExecution transaction, DataSource dataSource, boolean commit) {
		if (transaction == this.transaction && this.completes && this.completion != null && isCompletedIn(dataSource)
				&& !this.completion.deletion().delete(this.result, commit)) {
			throw new LostClaimException(this.handler.name());
		}
	}

	void ended(TransactionExecution transaction, boolean committed) {
		if (transaction == this.transaction) {
			this.transaction = null;
			this.completed |= committed && this.completes;
			this.completes = false;
			this.rolledBack = !committed;
		}
	}

	/**
	 * Takes the return value of the method, before its transaction is committed.
	 */
	void returned(@Nullable Object value) throws Throwable {
		if (this.entered && !this.returned) {
			this.returned = true;
			this.result = this.wantsResult ? this.handler.write(value) : null;
		}
	}

	/**
	 * Returns whether the transaction of the method was rolled back.
	 */
	boolean isRolledBack() {
		return this.rolledBack;
	}

	/**
	 * Returns whether the job was completed in the transaction of the method.
	 * @return whether the job was completed
	 */
	public boolean isCompleted() {
		return this.completed;
	}

	/**
	 * Returns the return value of the method.
	 * @return the return value as JSON, or {@code null} if it is not kept
	 */
	public @Nullable String result() {
		return this.result;
	}

}
