package io.github.pgdispatch;

/**
 * What has become of a job that was to be cancelled.
 */
public enum Cancellation {

	/**
	 * It was waiting, and is not run any more.
	 */
	CANCELLED,

	/**
	 * It was running inside PostgreSQL, and has been stopped: what it did is undone.
	 */
	INTERRUPTED,

	/**
	 * It is running, and is being stopped. The thread of a method is interrupted by the
	 * node that runs it, which the method may ignore; a command may take its time to end.
	 */
	INTERRUPTING,

	/**
	 * There is no such job, or no longer: it may just have ended.
	 */
	NOT_FOUND

}
