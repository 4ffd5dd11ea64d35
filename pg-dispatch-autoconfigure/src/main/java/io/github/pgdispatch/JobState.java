package io.github.pgdispatch;

/**
 * How far a job is.
 */
public enum JobState {

	/**
	 * It is due, and waits for a worker only.
	 */
	WAITING,

	/**
	 * It is not due yet: it was dispatched with a delay, or waits for its next attempt.
	 */
	SNOOZED,

	/**
	 * It waits for those before it in its order, for its queue, or for the end of a
	 * pause.
	 */
	HELD,

	/**
	 * A worker is running it.
	 */
	RUNNING,

	/**
	 * It has succeeded. Known only if its result is kept, and for as long.
	 */
	DONE,

	/**
	 * It is a dead letter.
	 */
	FAILED,

	/**
	 * It was cancelled. Known only if its result was to be kept, and for as long.
	 */
	CANCELLED;

	/**
	 * Whether a job in this state is not run any more, unless as a dead letter that is
	 * retried.
	 * @return whether it has ended
	 */
	public boolean hasEnded() {
		return this == DONE || this == FAILED || this == CANCELLED;
	}

}
