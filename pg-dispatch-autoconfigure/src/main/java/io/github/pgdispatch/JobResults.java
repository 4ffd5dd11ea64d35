package io.github.pgdispatch;

import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

/**
 * A source of the results of jobs. Thread-safe.
 */
public interface JobResults {

	/**
	 * Waits for the end of a job, without blocking the calling thread. Cancel the future
	 * to stop waiting. This does not cancel the job. While this node waits for any job
	 * and is notified by the database, it holds one connection.
	 * @param id the id of a job whose dispatch has been committed
	 * @return a future that is completed with the result of the job, whether it succeeded
	 * or not. It is completed exceptionally with a {@link NoSuchJobException} if there is
	 * no such job, or if it has ended and its result was not kept, and with an
	 * {@link IllegalStateException} when the application stops. Dependent actions run on
	 * threads of this node, and may block them
	 */
	CompletableFuture<JobResult> whenEnded(long id);

	/**
	 * Creates a handle of a job that was dispatched in the current transaction or, if
	 * there is none, of a job whose dispatch has been committed.
	 * @param <T> the type of the value
	 * @param id the id of the job
	 * @param value reads the value from the result of a job that has succeeded
	 * @return a new handle
	 */
	default <T extends @Nullable Object> DispatchResult<T> handle(long id, Function<JobResult, T> value) {
		return DispatchResult.of(id, this, value);
	}

}
