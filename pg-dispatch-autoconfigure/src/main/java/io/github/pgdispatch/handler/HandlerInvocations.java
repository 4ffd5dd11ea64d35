package io.github.pgdispatch.handler;

import java.lang.reflect.Method;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;

/**
 * Tells, on the thread that runs a job, the call that is to run the method from those
 * that dispatch; and completes the job in the transaction that Spring begins for the
 * method, so that the two are one. Thread-safe.
 */
public final class HandlerInvocations {

	private final ThreadLocal<@Nullable HandlerInvocation> current = new ThreadLocal<>();

	void run(HandlerInvocation call, Body body) throws Throwable {
		this.current.set(call);
		try {
			body.run();
		}
		finally {
			this.current.remove();
		}
	}

	/**
	 * Whether a call that came to a bean's proxy is to run the method.
	 * @param method of the bean's class
	 * @param targetClass the bean's class
	 * @return {@code false} if it is to dispatch
	 */
	public boolean enter(Method method, Class<?> targetClass) {
		HandlerInvocation call = this.current.get();
		return call != null && call.enter(method, targetClass);
	}

	/**
	 * Takes what the method has returned that the call was to run.
	 * @param value that it has returned
	 * @throws Throwable if the value cannot be kept
	 */
	public void returned(@Nullable Object value) throws Throwable {
		HandlerInvocation call = this.current.get();
		if (call != null) {
			call.returned(value);
		}
	}

	/**
	 * Registers what completes jobs with the transaction manager of the methods. That is
	 * not this object itself, since Spring Boot registers all beans that are listeners,
	 * with all transaction managers.
	 * @param transactionManager of the methods
	 */
	public void listenTo(ConfigurableTransactionManager transactionManager) {
		transactionManager.addListener(new Listener(transactionManager));
	}

	/**
	 * What runs the method.
	 */
	interface Body {

		void run() throws Throwable;

	}

	private final class Listener implements TransactionExecutionListener {

		private final ConfigurableTransactionManager transactionManager;

		Listener(ConfigurableTransactionManager transactionManager) {
			this.transactionManager = transactionManager;
		}

		@Override
		public void afterBegin(TransactionExecution transaction, @Nullable Throwable beginFailure) {
			HandlerInvocation call = HandlerInvocations.this.current.get();
			if (call != null && beginFailure == null) {
				call.began(transaction);
			}
		}

		@Override
		public void beforeCommit(TransactionExecution transaction) {
			HandlerInvocation call = HandlerInvocations.this.current.get();
			if (call != null) {
				call.committing(transaction, isCommitLeftOnly());
			}
		}

		/**
		 * Whether Spring does nothing more than to commit the connection, which does
		 * nothing where that is done already. Others write what they have kept until then
		 * before they do, as JPA does, or commit in two phases; and listeners behind this
		 * one may refuse.
		 */
		private boolean isCommitLeftOnly() {
			TransactionExecutionListener last = this;
			for (TransactionExecutionListener each : this.transactionManager.getTransactionExecutionListeners()) {
				last = each;
			}
			return last == this && this.transactionManager.getClass() == JdbcTransactionManager.class;
		}

		@Override
		public void afterCommit(TransactionExecution transaction, @Nullable Throwable commitFailure) {
			ended(transaction, commitFailure == null);
		}

		@Override
		public void afterRollback(TransactionExecution transaction, @Nullable Throwable rollbackFailure) {
			ended(transaction, false);
		}

		private void ended(TransactionExecution transaction, boolean committed) {
			HandlerInvocation call = HandlerInvocations.this.current.get();
			if (call != null) {
				call.ended(transaction, committed);
			}
		}

	}

}
