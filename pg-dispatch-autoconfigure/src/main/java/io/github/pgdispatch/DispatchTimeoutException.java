package io.github.pgdispatch;

/**
 * Thrown to whoever has waited in vain for the end of a job, which goes on.
 */
public class DispatchTimeoutException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates one.
	 * @param message how long it was waited for what
	 */
	public DispatchTimeoutException(String message) {
		super(message);
	}

}
