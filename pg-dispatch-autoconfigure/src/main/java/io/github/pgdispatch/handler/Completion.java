package io.github.pgdispatch.handler;

import org.jspecify.annotations.Nullable;

/**
 * Completes a job in the current transaction.
 */
public interface Completion {

	/**
	 * Deletes the job.
	 * @param result the result of the job as JSON, or {@code null} if it is not kept
	 * @param commit whether to commit the transaction in the same message. This is only
	 * possible if nothing else has to be done before the commit
	 * @return whether the job was deleted. Otherwise, another node has taken over the
	 * job, and the transaction must not be committed
	 */
	boolean complete(@Nullable String result, boolean commit);

}
