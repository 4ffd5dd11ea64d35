package io.github.pgdispatch.handler;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when stored arguments do not fit the method, which has changed since. The
 * message names the argument and not its value, which may be secret; Jackson's own, which
 * may tell it, is that of the cause.
 */
public class ArgumentMismatchException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	ArgumentMismatchException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
