package io.github.pgdispatch;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * Indicates that an attempt took longer than its time limit and was interrupted. The
 * cause is the exception that the method has thrown then.
 */
public class JobTimeLimitExceededException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates an exception.
	 * @param timeLimit the time limit of the attempt
	 * @param cause the exception that the interrupted method has thrown, or {@code null}
	 */
	public JobTimeLimitExceededException(Duration timeLimit, @Nullable Throwable cause) {
		super("The job took longer than its time limit of " + timeLimit, cause);
	}

}
