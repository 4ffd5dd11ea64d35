package io.github.pgdispatch;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.DefaultTransactionDefinition;
import org.springframework.transaction.support.ResourceTransactionManager;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Joins the transaction of the caller, which has to be a transaction of the database that
 * has the schema. In any other transaction, a dispatch could be committed although the
 * transaction rolls back, or be lost although it commits.
 */
final class DispatchTransaction {

	private final PlatformTransactionManager transactionManager;

	private final Object resource;

	private final boolean required;

	/**
	 * Creates an instance.
	 * @param transactionManager the manager of the transactions to join
	 * @param dataSource the database that has the schema
	 * @param required whether a transaction is required. Otherwise, an action without a
	 * transaction gets its own
	 */
	DispatchTransaction(PlatformTransactionManager transactionManager, DataSource dataSource, boolean required) {
		this.transactionManager = transactionManager;
		this.resource = TransactionResource.of(dataSource);
		this.required = required;
		if (transactionManager instanceof ConfigurableTransactionManager configurable) {
			TransactionOrigin.mark(configurable, dataSource);
			if (configurable.getTransactionExecutionListeners().stream().noneMatch(CommitMarker.class::isInstance)) {
				configurable.addListener(new CommitMarker());
			}
		}
	}

	void execute(Runnable dispatch) {
		TransactionDefinition definition = definition();
		TransactionStatus status = begin(definition);
		try {
			requireNew(definition, status);
			requireConnection();
			// A job may refer to pending JPA changes.
			status.flush();
			dispatch.run();
		}
		catch (RuntimeException | Error ex) {
			this.transactionManager.rollback(status);
			throw ex;
		}
		this.transactionManager.commit(status);
	}

	<T extends @Nullable Object> T call(Supplier<T> action) {
		List<T> answer = new ArrayList<>(1);
		execute(() -> answer.add(action.get()));
		return answer.get(0);
	}

	/**
	 * Makes a change that may concern jobs which the current transaction has dispatched.
	 * None of them runs unless the change lets it.
	 */
	<T extends @Nullable Object> T change(Supplier<T> action) {
		return call(() -> {
			CommitCallback.jobsMayHaveChanged();
			return action.get();
		});
	}

	void change(Runnable action) {
		execute(() -> {
			CommitCallback.jobsMayHaveChanged();
			action.run();
		});
	}

	private TransactionStatus begin(TransactionDefinition definition) {
		try {
			return this.transactionManager.getTransaction(definition);
		}
		catch (IllegalTransactionStateException ex) {
			throw new IllegalTransactionStateException("The current transaction" + name() + " is not one of "
					+ this.transactionManager + ", which manages the database that has the schema pgdispatch."
					+ " Dispatch in a transaction of that transaction manager", ex);
		}
	}

	/**
	 * After the end of a transaction, Spring may have cleared all that it knows of it
	 * except its connection, for example because another transaction has begun and ended
	 * meanwhile.
	 */
	private static void requireNew(TransactionDefinition definition, TransactionStatus status) {
		if (definition.getPropagationBehavior() == TransactionDefinition.PROPAGATION_REQUIRED
				&& !status.isNewTransaction()) {
			throw over();
		}
	}

	/**
	 * Without a connection that is bound to the thread, JDBC would use another
	 * connection, which commits at once. JTA enlists a connection when it is first used.
	 */
	private void requireConnection() {
		if (this.transactionManager instanceof ResourceTransactionManager
				&& !TransactionSynchronizationManager.hasResource(this.resource)) {
			throw new IllegalTransactionStateException("The current transaction" + name()
					+ " has no connection of the DataSource that pg-dispatch uses, because " + this.transactionManager
					+ " has another DataSource or does not expose its JDBC connection");
		}
	}

	private TransactionDefinition definition() {
		if (!TransactionSynchronizationManager.isActualTransactionActive()) {
			if (this.required) {
				throw new IllegalTransactionStateException("There is no transaction to dispatch in. Dispatch in a"
						+ " @Transactional method or in a TransactionTemplate, or set pgdispatch.transaction=supports, so that"
						+ " a dispatch without a transaction commits by itself");
			}
			return TransactionDefinition.withDefaults();
		}
		if (TransactionSynchronizationManager.isCurrentTransactionReadOnly()) {
			throw new IllegalTransactionStateException("The current transaction" + name()
					+ " is read-only, but a dispatch writes a row. Dispatch from a read-write transaction");
		}
		// Spring clears the synchronizations before it calls the listeners of the phases
		// AFTER_COMMIT, AFTER_ROLLBACK and AFTER_COMPLETION.
		if (CommitMarker.isPresent() || !TransactionSynchronizationManager.isSynchronizationActive()) {
			throw over();
		}
		// Otherwise, the job would run after the commit of the inner transaction.
		if (TransactionOrigin.isSuspended(this.resource) && !TransactionOrigin.isCurrent(this.resource)) {
			throw new IllegalTransactionStateException(
					"The current transaction" + name() + " is not one of " + this.transactionManager
							+ ", whose transaction waits for its end. Dispatch in the outer transaction,"
							+ " before or after the inner one");
		}
		return new DefaultTransactionDefinition(TransactionDefinition.PROPAGATION_MANDATORY);
	}

	private static IllegalTransactionStateException over() {
		return new IllegalTransactionStateException("The current transaction" + name()
				+ " has already been committed or rolled back, as in an AFTER_COMMIT event listener, and cannot be"
				+ " joined. Dispatch before the commit, or in a new transaction (Propagation.REQUIRES_NEW)");
	}

	private static String name() {
		String name = TransactionSynchronizationManager.getCurrentTransactionName();
		return (name != null) ? " [" + name + "]" : "";
	}

}
