package io.github.pgdispatch.handler;

/**
 * Completes a job in the current transaction.
 */
public interface Completion {

	/**
	 * Deletes the job.
	 * @return whether it could be; if not, another node has taken it over, and what was
	 * done for it here must not be committed
	 */
	boolean complete();

}
