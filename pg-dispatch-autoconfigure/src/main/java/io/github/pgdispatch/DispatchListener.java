package io.github.pgdispatch;

/**
 * Learns of dispatches as soon as they are committed: how a driver wakes the workers of
 * its own node without a round trip to the database.
 */
public interface DispatchListener {

	/**
	 * Whether this listener sees to it that the jobs are run. If not, the drivers of
	 * other nodes are notified through the database.
	 * @return whether it does
	 */
	boolean isListening();

	/**
	 * Called after a transaction in which this node dispatched has been committed, or may
	 * have been. Must return quickly and not throw.
	 * @param fired how many jobs are due at once
	 * @param snoozed how many jobs fall due later
	 */
	void committed(int fired, int snoozed);

}
