package io.github.pgdispatch;

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
	 * Called after the commit of a transaction in which this node dispatched jobs, or if
	 * it is unknown whether that transaction has committed. Called on the thread of the
	 * transaction. Has to return quickly, and must not throw an exception.
	 * @param fired the number of jobs that are due at once
	 * @param snoozed the number of jobs that become due later
	 */
	void committed(int fired, int snoozed);

}
