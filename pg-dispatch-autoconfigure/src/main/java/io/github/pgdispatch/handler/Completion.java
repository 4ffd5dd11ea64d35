package io.github.pgdispatch.handler;

import org.jspecify.annotations.Nullable;

/**
 * Completes a job in the current transaction.
 */
public interface Completion {

	/**
	 * Deletes the job.
	 * @param result of the job, as JSON, if it is to be kept
	 * @param commit whether to commit with it, which spares a message: only if nothing
	 * else is left to do before that
	 * @return whether it could be; if not, another node has taken it over, and what was
	 * done for it here must not be committed
	 */
	boolean complete(@Nullable String result, boolean commit);

}
