package io.github.pgdispatch.driver;

/**
 * What has woken a driver, which then claims jobs.
 */
public enum WakeUpSource {

	/**
	 * A transaction of this node has dispatched and committed.
	 */
	COMMIT,

	/**
	 * The database has notified this node of a dispatch from elsewhere.
	 */
	NOTIFY,

	/**
	 * A snoozed job, or a job that is retried, has become due.
	 */
	DUE,

	/**
	 * A poll has found due jobs. No commit, notification or due time had woken the driver
	 * for them.
	 */
	POLL

}
