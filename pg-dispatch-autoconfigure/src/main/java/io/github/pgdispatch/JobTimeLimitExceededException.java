package io.github.pgdispatch;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * An attempt of a job's method took longer than it may, and was interrupted. The cause is
 * what the method has thrown then.
 */
public class JobTimeLimitExceededException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates one.
	 * @param timeLimit that was exceeded
	 * @param cause what the interrupted method has thrown
	 */
	public JobTimeLimitExceededException(Duration timeLimit, @Nullable Throwable cause) {
		super("The job took longer than its time limit of " + timeLimit, cause);
	}

}
