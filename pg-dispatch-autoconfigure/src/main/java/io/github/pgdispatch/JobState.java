package io.github.pgdispatch;

import java.util.Locale;

/**
 * The state of a job.
 */
public enum JobState {

	/**
	 * The job is due, and waits for a worker.
	 */
	WAITING,

	/**
	 * The job is not due yet, because of its delay or after a failed attempt.
	 */
	SNOOZED,

	/**
	 * The job is due, and waits for an earlier job of the same ordering key, for its
	 * queue, for the end of a pause, or for a circuit breaker. The continuation of a
	 * batch is also held until the batch ends.
	 */
	HELD,

	/**
	 * A worker is running the job.
	 */
	RUNNING,

	/**
	 * The job has succeeded. This is known only while its result or its history is kept.
	 */
	DONE,

	/**
	 * The job is a dead letter.
	 */
	FAILED,

	/**
	 * The job was cancelled. This is known only while its result or its history is kept.
	 */
	CANCELLED;

	/**
	 * Returns whether a job in this state has ended. A dead letter has ended, but can be
	 * retried.
	 * @return whether the job has ended
	 */
	public boolean hasEnded() {
		return this == DONE || this == FAILED || this == CANCELLED;
	}

	String sqlName() {
		return name().toLowerCase(Locale.ROOT);
	}

}
