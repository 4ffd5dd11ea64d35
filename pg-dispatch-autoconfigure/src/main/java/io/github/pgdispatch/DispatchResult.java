package io.github.pgdispatch;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.util.Assert;

/**
 * The handle of a job whose value is kept. A method with {@link AfterCommitDispatch} can
 * return it, so that its caller can wait for the value of the job. A body that a job runs
 * returns the value with {@link #of(Object)}:
 *
 * <pre class="code">
 * &#64;AfterCommitDispatch
 * DispatchResult&lt;Invoice&gt; invoice(long orderId) {
 *     return DispatchResult.of(this.invoices.create(orderId));
 * }
 * </pre>
 *
 * <p>
 * Thread-safe.
 *
 * @param <T> the type of the value
 */
public final class DispatchResult<T extends @Nullable Object> {

	/**
	 * The value that the template returns for a job that the transaction cannot see.
	 */
	private static final long UNSEEN = 0;

	private final @Nullable Long id;

	private final CompletableFuture<T> future;

	private DispatchResult(@Nullable Long id, CompletableFuture<T> future) {
		this.id = id;
		this.future = future;
	}

	/**
	 * Creates a result that only has a value. The body of a method returns it to the job
	 * that runs it.
	 * @param <T> the type of the value
	 * @param value the value of the job
	 * @return a new result with this value
	 */
	public static <T extends @Nullable Object> DispatchResult<T> of(T value) {
		return new DispatchResult<>(null, CompletableFuture.completedFuture(value));
	}

	static <T extends @Nullable Object> DispatchResult<T> of(long id, JobResults results,
			Function<JobResult, T> value) {
		CompletableFuture<T> future = new DispatchFuture<>(id);
		if (id == UNSEEN) {
			future.completeExceptionally(new IllegalStateException("A job with the same key waits. It was"
					+ " dispatched after this transaction had begun, so that the transaction cannot see it"));
		}
		else if (TransactionSynchronizationManager.isSynchronizationActive()
				&& TransactionSynchronizationManager.isActualTransactionActive()) {
			TransactionSynchronizationManager
				.registerSynchronization(new WaitAfterCommit(id, future, () -> await(id, results, value, future)));
		}
		else {
			await(id, results, value, future);
		}
		return new DispatchResult<>(id, future);
	}

	private static <T extends @Nullable Object> void await(long id, JobResults results, Function<JobResult, T> value,
			CompletableFuture<T> future) {
		if (future.isDone()) {
			return;
		}
		CompletableFuture<JobResult> ended = results.whenEnded(id);
		ended.thenApply((result) -> value.apply(result.orElseThrow())).whenComplete((result, ex) -> {
			if (ex == null) {
				future.complete(result);
			}
			else {
				Throwable cause = ex.getCause();
				future.completeExceptionally((cause != null) ? cause : ex);
			}
		});
		future.whenComplete((result, ex) -> ended.cancel(false));
	}

	/**
	 * Returns the id of the job.
	 * @return the id, which the methods of {@link PgDispatchTemplate} accept
	 * @throws IllegalStateException if this result was created from a value
	 */
	public long id() {
		Assert.state(this.id != null, "This result was created from a value, and has no job");
		return this.id;
	}

	/**
	 * Returns the future of the value. Do not wait for it in the transaction that
	 * dispatched the job, because this would never end. The future, and all that are
	 * derived from it with methods such as {@link CompletableFuture#thenApply}, throw an
	 * {@link IllegalStateException} then, as {@link #get(Duration)} does. Futures that
	 * Java combines with {@link CompletableFuture#allOf} or
	 * {@link CompletableFuture#anyOf} cannot know of the transaction, and do not throw.
	 * Cancel the future to stop waiting. This does not cancel the job.
	 * @return a future that is completed after the transaction has committed and the job
	 * has succeeded. It is completed exceptionally with a {@link DispatchFailedException}
	 * if the job became a dead letter or was cancelled, or if the transaction rolls back
	 */
	public CompletableFuture<T> future() {
		return this.future;
	}

	/**
	 * Waits for the value.
	 * @param timeout the maximum time to wait; zero or more
	 * @return the value of the job
	 * @throws IllegalStateException if the job was dispatched by the current transaction
	 * or by one that it suspends, because the job cannot run before that transaction has
	 * ended
	 * @throws DispatchFailedException if the job became a dead letter or was cancelled,
	 * or if the transaction has rolled back
	 * @throws DispatchTimeoutException if the job has not ended in time, or if the thread
	 * was interrupted, in which case its interrupted status stays set
	 * @throws NoSuchJobException if the result of the job is no longer kept
	 */
	public T get(Duration timeout) {
		if (this.id == null) {
			return this.future.join();
		}
		return get(this.id, this.future, timeout);
	}

	static <T extends @Nullable Object> T get(long id, CompletableFuture<T> future, Duration timeout) {
		Assert.isTrue(!timeout.isNegative(), () -> "The timeout must not be negative, but is " + timeout);
		refuseInTransactionOf(id);
		try {
			return future.get(TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS);
		}
		catch (ExecutionException ex) {
			if (ex.getCause() instanceof RuntimeException cause) {
				throw cause;
			}
			throw new IllegalStateException(ex.getCause());
		}
		catch (TimeoutException ex) {
			throw new DispatchTimeoutException("Job " + id + " has not ended within " + timeout);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new DispatchTimeoutException("Interrupted before job " + id + " had ended");
		}
	}

	static void refuseInTransactionOf(long id) {
		Assert.state(!DispatchedInTransaction.contains(id),
				() -> "Job " + id + " was dispatched by a transaction of this thread that has not ended. The job"
						+ " runs after the commit of that transaction, so that this thread would wait for ever. Wait"
						+ " after the transaction, or use the future");
	}

	private record WaitAfterCommit(long id, CompletableFuture<?> future,
			Runnable waiting) implements TransactionSynchronization {

		@Override
		public void afterCompletion(int status) {
			if (status == STATUS_ROLLED_BACK) {
				this.future.completeExceptionally(new DispatchFailedException(this.id, null,
						"The transaction that dispatched job " + this.id + " has rolled back"));
			}
			else {
				this.waiting.run();
			}
		}

	}

}
