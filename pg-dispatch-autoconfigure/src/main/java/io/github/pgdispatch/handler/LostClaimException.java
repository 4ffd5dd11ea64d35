package io.github.pgdispatch.handler;

/**
 * Thrown if another node has taken over a job while this node was running it.
 */
@SuppressWarnings("serial")
public final class LostClaimException extends RuntimeException {

	LostClaimException(String handler) {
		super("Another node has taken over this job of " + handler + ", so that its transaction is rolled back");
	}

}
