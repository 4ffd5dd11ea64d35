package io.github.pgdispatch;

import org.jspecify.annotations.Nullable;

/**
 * Is informed of committed dispatches of this node. A driver implements it to wake the
 * workers of its node without a round trip to the database. Implementations have to be
 * thread-safe.
 */
public interface DispatchListener {

	/**
	 * Returns whether this listener ensures that the jobs are run. Otherwise, the drivers
	 * of other nodes are notified through the database.
	 * @return whether this listener ensures that the jobs are run
	 */
	boolean isListening();

	/**
	 * Reserves a place of this node for a plain job that is about to be written and is
	 * due at once. The job is then born claimed: it runs right after the commit, without
	 * a look at the queue. Called on the thread of the transaction.
	 * @param handler the name of the job's handler
	 * @return the place; {@code null} if the job is to be written for whoever claims it
	 */
	default @Nullable Reservation reserve(String handler) {
		return null;
	}

	/**
	 * Returns whether this node runs the jobs of a handler.
	 * @param handler the name of the handler
	 * @return {@code false} if it does not; {@code true} also if that is unknown
	 */
	default boolean runs(String handler) {
		return true;
	}

	/**
	 * Called after the commit of a transaction in which this node dispatched jobs, or if
	 * it is unknown whether that transaction has committed. Jobs that were born claimed
	 * do not count. Called on the thread of the transaction. Has to return quickly, and
	 * must not throw an exception.
	 * @param fired the number of jobs that are due at once
	 * @param snoozed the number of jobs that become due later
	 */
	void committed(int fired, int snoozed);

}
