package io.github.pgdispatch.driver;

/**
 * Runs jobs and is woken by a {@link QueueWatcher}.
 */
interface Wakeable {

	/**
	 * Called when jobs are due.
	 * @param jobs number of jobs that are known to be due
	 */
	void wake(int jobs);

	/**
	 * Returns the number of jobs that were completed so far.
	 * @return the number, which only grows
	 */
	long completed();

	/**
	 * Returns whether nothing runs, and nothing that is known is to be run.
	 * @return whether there is nothing to do
	 */
	boolean isIdle();

}
