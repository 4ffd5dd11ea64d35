package io.github.pgdispatch.driver;

/**
 * What has become of an attempt of a handler's job.
 */
public enum AttemptOutcome {

	/**
	 * The method returned, and the job is deleted.
	 */
	DONE,

	/**
	 * The attempt failed, and the job will be run again.
	 */
	RETRIED,

	/**
	 * The attempt failed, and the job is now a dead letter.
	 */
	FAILED,

	/**
	 * The job was cancelled while it ran.
	 */
	CANCELLED,

	/**
	 * The job was given back: the node stops, the arguments do not fit the method of this
	 * node, or the method has lost its connection.
	 */
	RELEASED,

	/**
	 * The method sleeps, and the job is run again after the sleep.
	 */
	SLEEPING,

	/**
	 * The node no longer had the claim when the attempt ended.
	 */
	LOST

}
