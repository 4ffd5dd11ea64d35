package io.github.pgdispatch.handler;

/**
 * Thrown if this node no longer has the claim on a job when the transaction of its method
 * is to commit.
 */
@SuppressWarnings("serial")
public final class LostClaimException extends RuntimeException {

	LostClaimException(String handler) {
		super("This node no longer has the claim on this job of " + handler
				+ ", so that its transaction is rolled back."
				+ " Another node has taken the job over, or the transaction that dispatched it has removed it");
	}

}
