package io.github.pgdispatch.handler;

import org.jspecify.annotations.Nullable;

/**
 * Thrown if the result of a step cannot be stored. The message names the step, but does
 * not show the result, which may be secret.
 */
public final class UnstorableResultException extends IllegalArgumentException {

	private static final long serialVersionUID = 1L;

	UnstorableResultException(String step, String reason, @Nullable Throwable cause) {
		super("The result of the step '" + step + "' cannot be stored: " + reason, cause);
	}

}
