package io.github.pgdispatch.driver;

/**
 * Those whom a {@link QueueWatcher} wakes.
 */
interface Wakeable {

	/**
	 * Called when jobs are due.
	 * @param jobs how many are known of
	 */
	void wake(int jobs);

	/**
	 * Returns how many jobs they have completed so far.
	 * @return the number, which only grows
	 */
	long completed();

}
