package io.github.pgdispatch.handler;

import java.lang.reflect.Method;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;

/**
 * Knows the handler invocation of each thread. It distinguishes the call that a job
 * makes, which runs the method, from calls that dispatch. It completes the job in the
 * transaction of the method, so that both are committed together. Thread-safe.
 */
public final class HandlerInvocations {

	private final ThreadLocal<@Nullable HandlerInvocation> current = new ThreadLocal<>();

	void run(HandlerInvocation invocation, Body body) throws Throwable {
		this.current.set(invocation);
		try {
			body.run();
		}
		finally {
			this.current.remove();
		}
	}

	/**
	 * Returns whether a call of the proxy of a bean runs the method.
	 * @param method the method of the class of the bean
	 * @param targetClass the class of the bean
	 * @return {@code true} if a job makes this call; {@code false} if the call dispatches
	 */
	public boolean enter(Method method, Class<?> targetClass) {
		HandlerInvocation invocation = this.current.get();
		return invocation != null && invocation.enter(method, targetClass);
	}

	/**
	 * Takes the return value of the method that the current job runs.
	 * @param value the return value
	 * @throws Throwable if the value cannot be stored
	 */
	public void returned(@Nullable Object value) throws Throwable {
		HandlerInvocation invocation = this.current.get();
		if (invocation != null) {
			invocation.returned(value);
		}
	}

	/**
	 * Registers a listener that completes jobs with the transaction manager of the
	 * methods. This object itself is not a listener, because Spring Boot registers all
	 * beans that are listeners with all transaction managers.
	 * @param transactionManager the transaction manager of the methods
	 * @param dataSource the database whose jobs are completed in its transactions
	 */
	public void listenTo(ConfigurableTransactionManager transactionManager, DataSource dataSource) {
		transactionManager.addListener(new Listener(transactionManager, dataSource));
	}

	/**
	 * Runs the method.
	 */
	interface Body {

		void run() throws Throwable;

	}

	private final class Listener implements TransactionExecutionListener {

		private final ConfigurableTransactionManager transactionManager;

		private final DataSource dataSource;

		Listener(ConfigurableTransactionManager transactionManager, DataSource dataSource) {
			this.transactionManager = transactionManager;
			this.dataSource = dataSource;
		}

		@Override
		public void afterBegin(TransactionExecution transaction, @Nullable Throwable beginFailure) {
			HandlerInvocation invocation = HandlerInvocations.this.current.get();
			if (invocation != null && beginFailure == null) {
				invocation.began(transaction, this.dataSource);
			}
		}

		@Override
		public void beforeCommit(TransactionExecution transaction) {
			HandlerInvocation invocation = HandlerInvocations.this.current.get();
			if (invocation != null) {
				invocation.committing(transaction, this.dataSource, isOnlyCommitLeft());
			}
		}

		/**
		 * Returns whether Spring only has to commit the connection, which has no effect
		 * if the transaction has already been committed. Other transaction managers write
		 * pending changes before the commit, as JPA does, or commit in two phases. Later
		 * listeners may prevent the commit.
		 */
		private boolean isOnlyCommitLeft() {
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
			HandlerInvocation invocation = HandlerInvocations.this.current.get();
			if (invocation != null) {
				invocation.ended(transaction, committed);
			}
		}

	}

}
