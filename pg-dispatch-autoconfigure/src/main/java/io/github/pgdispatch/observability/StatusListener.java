package io.github.pgdispatch.observability;

import io.github.pgdispatch.PgDispatchStatus;

/**
 * Is given the numbers of the queue whenever they are counted.
 */
@FunctionalInterface
public interface StatusListener {

	/**
	 * Called on the thread that counts, which waits for it.
	 * @param status the numbers
	 */
	void counted(PgDispatchStatus status);

}
