package io.github.pgdispatch;

/**
 * Thrown to a caller that waits for a job if the job has not ended in time. The job goes
 * on.
 */
public class DispatchTimeoutException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates an exception.
	 * @param message the message
	 */
	public DispatchTimeoutException(String message) {
		super(message);
	}

}
