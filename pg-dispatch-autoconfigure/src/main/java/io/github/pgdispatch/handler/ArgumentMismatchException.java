package io.github.pgdispatch.handler;

import org.jspecify.annotations.Nullable;

/**
 * Thrown if stored arguments, or the kept result of a step, do not fit the method,
 * because the method has changed. The message names the argument or the step, but does
 * not show its value, which may be secret. The cause is the exception of Jackson, whose
 * message may show the value.
 */
public class ArgumentMismatchException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	ArgumentMismatchException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
