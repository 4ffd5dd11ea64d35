package io.github.pgdispatch.modulith;

/**
 * Thrown if a job names an event that this application does not externalize.
 */
class UnsupportedEventException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	UnsupportedEventException(String message) {
		super(message);
	}

}
