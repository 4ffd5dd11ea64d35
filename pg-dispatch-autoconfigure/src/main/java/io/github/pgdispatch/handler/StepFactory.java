package io.github.pgdispatch.handler;

import java.util.function.Supplier;

import io.github.pgdispatch.log.LogContext;

import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionOperations;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Makes the steps of attempts. Thread-safe.
 *
 * @param mapper writes and reads results
 * @param current knows the step of each thread
 * @param logContext names the step in log lines
 * @param transactions begins or joins the transactions in which steps are kept
 * @param refusesTransactions whether no transaction may be active when a step is called
 */
public record StepFactory(Supplier<LosslessMapper> mapper, CurrentStep current, LogContext logContext,
		TransactionOperations transactions, boolean refusesTransactions) {

	/**
	 * Creates a factory whose steps are kept in transactions of their own.
	 * @param mapper writes and reads results
	 * @param current knows the step of each thread
	 * @param transactionManager of the database that has the jobs
	 * @return a new factory
	 */
	public static StepFactory inNewTransactions(Supplier<LosslessMapper> mapper, CurrentStep current,
			PlatformTransactionManager transactionManager) {
		TransactionTemplate transactions = new TransactionTemplate(transactionManager);
		transactions.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
		return create(mapper, current, transactions, true);
	}

	/**
	 * Creates a factory for tests, whose steps are kept in the transaction of the test.
	 * @param mapper writes and reads results
	 * @param current knows the step of each thread
	 * @param transactions joins the current transaction
	 * @return a new factory
	 */
	public static StepFactory inCurrentTransaction(Supplier<LosslessMapper> mapper, CurrentStep current,
			TransactionOperations transactions) {
		return create(mapper, current, transactions, false);
	}

	private static StepFactory create(Supplier<LosslessMapper> mapper, CurrentStep current,
			TransactionOperations transactions, boolean refusesTransactions) {
		return new StepFactory(mapper, current, LogContext.create(StepFactory.class.getClassLoader()), transactions,
				refusesTransactions);
	}

	/**
	 * Makes the steps of an attempt, which the current thread is about to run.
	 * @param jobId the id of the job
	 * @param handler the name of its handler
	 * @param store keeps the steps
	 * @return the steps
	 */
	public Steps steps(long jobId, String handler, StepStore store) {
		return new Steps(jobId, handler, store, this);
	}

}
