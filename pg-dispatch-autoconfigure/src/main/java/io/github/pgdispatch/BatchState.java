package io.github.pgdispatch;

/**
 * The state of a {@linkplain Batch batch}.
 */
public enum BatchState {

	/**
	 * More jobs may come. The batch does not end before it is closed.
	 */
	OPEN,

	/**
	 * The batch ends when all its jobs have ended.
	 */
	RUNNING,

	/**
	 * The batch has ended, and none of its jobs has failed.
	 */
	DONE,

	/**
	 * The batch has ended, and at least one of its jobs has become a dead letter.
	 */
	FAILED,

	/**
	 * The batch as a whole was cancelled. Jobs that run may not have ended yet.
	 */
	CANCELLED

}
