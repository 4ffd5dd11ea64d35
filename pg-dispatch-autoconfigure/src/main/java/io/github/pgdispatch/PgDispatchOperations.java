package io.github.pgdispatch;

import java.util.List;
import java.util.Optional;

import javax.sql.DataSource;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * What an operator does: looks after dead letters, and holds jobs back. All of it is
 * about the jobs of the role that the application logs in as, whatever node or SQL has
 * dispatched them.
 *
 * <p>
 * <strong>Transactions</strong>: what changes something joins the current transaction,
 * and then takes effect with its commit; without one, it commits by itself. In a
 * read-only transaction, in one of another {@code DataSource}, and in one that has
 * already been committed it fails.
 *
 * <p>
 * Thread-safe. The methods throw {@link IllegalArgumentException} for bad input,
 * {@link org.springframework.transaction.IllegalTransactionStateException} where the
 * transaction does not fit, and {@link org.springframework.dao.DataAccessException} for
 * what the database refuses.
 *
 * @see PgDispatchTemplate#find(long)
 * @see PgDispatchTemplate#cancel(long)
 */
public interface PgDispatchOperations {

	/**
	 * Creates the operations.
	 * @param dataSource of the database that has the schema
	 * @param transactionManager of the transactions to join, which manages connections of
	 * that {@code DataSource}
	 * @return thread-safe operations
	 */
	static PgDispatchOperations create(DataSource dataSource, PlatformTransactionManager transactionManager) {
		return new DefaultPgDispatchOperations(dataSource, transactionManager);
	}

	/**
	 * Looks for a dead letter.
	 * @param id of the job
	 * @return the dead letter, if there is one
	 */
	Optional<DeadLetter> deadLetter(long id);

	/**
	 * Lists dead letters.
	 * @param filter which ones
	 * @return the dead letters, in the order in which they failed
	 */
	List<DeadLetter> deadLetters(DeadLetterFilter filter);

	/**
	 * Dispatches a dead letter again, with the id that the job had and all that was asked
	 * of it; its attempts are counted anew.
	 * @param id of the job
	 * @return whether there was such a dead letter
	 */
	boolean retry(long id);

	/**
	 * Dispatches dead letters again, in the order in which they failed.
	 * @param filter which ones
	 * @return how many
	 */
	long retry(DeadLetterFilter filter);

	/**
	 * Deletes a dead letter. Jobs of its order that it held back go on.
	 * @param id of the job
	 * @return whether there was one
	 */
	boolean delete(long id);

	/**
	 * Deletes dead letters. Jobs of their orders that they held back go on.
	 * @param filter which ones
	 * @return how many
	 */
	long delete(DeadLetterFilter filter);

	/**
	 * Has no jobs begun any more. Those that run go on, and what is dispatched waits.
	 */
	void pause();

	/**
	 * Ends what {@link #pause()} has begun; queues and handlers that are paused stay so.
	 */
	void resume();

	/**
	 * Has no jobs of a handler begun any more. Those that run go on.
	 * @param handler its name, such as {@code signUpSideEffects.welcome}
	 */
	void pauseHandler(String handler);

	/**
	 * Ends what {@link #pauseHandler(String)} has begun.
	 * @param handler its name
	 */
	void resumeHandler(String handler);

	/**
	 * Has no jobs of a queue begun any more. Those that run go on.
	 * @param queue its name; the database refuses one that there is not
	 */
	void pauseQueue(String queue);

	/**
	 * Ends what {@link #pauseQueue(String)} has begun.
	 * @param queue its name
	 */
	void resumeQueue(String queue);

	/**
	 * Makes a queue, or sets the limits of one anew: jobs that run already go on. What
	 * {@code pgdispatch.queues} says is set again whenever a node starts.
	 * @param queue its name
	 * @param limits of the queue
	 */
	void setQueue(String queue, QueueLimits limits);

	/**
	 * Removes a queue. Its jobs run without its limits, and nothing more can be
	 * dispatched to it.
	 * @param queue its name
	 * @return whether there was one
	 */
	boolean dropQueue(String queue);

}
