package io.github.pgdispatch.handler;

/**
 * A job has been taken over by another node while it was run by this one.
 */
@SuppressWarnings("serial")
public final class LostClaimException extends RuntimeException {

	LostClaimException(String handler) {
		super("Another node has taken over this job of " + handler + ": what this one did for it is rolled back");
	}

}
