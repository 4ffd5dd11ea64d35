package io.github.pgdispatch.gateway;

/**
 * Thrown if a job cannot be completed in the transaction of its method because that
 * transaction is read-only.
 */
@SuppressWarnings("serial")
public final class ReadOnlyTransactionException extends RuntimeException {

	ReadOnlyTransactionException(Throwable cause) {
		super("The transaction of the method is read-only", cause);
	}

}
