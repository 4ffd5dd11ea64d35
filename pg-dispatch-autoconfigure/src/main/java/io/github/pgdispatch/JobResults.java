package io.github.pgdispatch;

import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

/**
 * Learns of the end of jobs. Thread-safe.
 */
public interface JobResults {

	/**
	 * Waits for the end of a job, without a thread of the caller's. Cancel the future to
	 * have it waited for no longer: the job does not mind. As long as it is waited for
	 * any, this node holds a connection to the database, if that may notify it.
	 * @param id of a job whose dispatch is committed
	 * @return completed with what has become of the job, whether that is good or bad;
	 * exceptionally with a {@link NoSuchJobException} if there is no such job, or it has
	 * ended without that its result is kept, and with an {@link IllegalStateException}
	 * when the application stops. Its dependents run on threads of this node's that may
	 * be blocked
	 */
	CompletableFuture<JobResult> whenEnded(long id);

	/**
	 * Makes a handle of a job that was dispatched in the current transaction.
	 * @param <T> the type of the job's value
	 * @param id of the job
	 * @param value reads it from the result of a job that has succeeded
	 * @return the handle; if there is no transaction, of a job whose dispatch is
	 * committed
	 */
	default <T extends @Nullable Object> DispatchResult<T> handle(long id, Function<JobResult, T> value) {
		return DispatchResult.of(id, this, value);
	}

}
