package io.github.pgdispatch;

/**
 * The outcome of a cancellation.
 */
public enum Cancellation {

	/**
	 * The job was waiting, and is not run.
	 */
	CANCELLED,

	/**
	 * The job was running inside PostgreSQL, and was stopped. Its effects are undone.
	 */
	INTERRUPTED,

	/**
	 * The job is running, and is being stopped. The node that runs a method interrupts
	 * its thread, which the method may ignore. A command may need some time to stop.
	 */
	INTERRUPTING,

	/**
	 * There is no such job. It may just have ended.
	 */
	NOT_FOUND

}
