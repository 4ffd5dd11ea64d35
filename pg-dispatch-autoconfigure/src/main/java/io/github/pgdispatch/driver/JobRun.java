package io.github.pgdispatch.driver;

/**
 * What a {@link JobDriver} holds between a start and the next stop. Thread-safe.
 */
interface JobRun extends Run, Drainable {

	/**
	 * Called after the commit of a transaction in which this node dispatched jobs.
	 * @param fired number of jobs that are due at once
	 * @param snoozed number of jobs that become due later
	 */
	void committed(int fired, int snoozed);

	/**
	 * Returns whether the threads of the driver are there.
	 */
	boolean isAlive();

	/**
	 * Returns what watches the queue.
	 */
	QueueWatcher watcher();

	/**
	 * Returns the number of busy workers.
	 */
	int active();

}
