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
 * The handle of a job whose value is kept: what a method with {@link AfterCommitDispatch}
 * may return, for its caller to wait for the job's value. Where the job runs the method's
 * body, that returns the value by {@link #of(Object)}:
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
	 * What the template returns instead of the id of a job that it cannot see.
	 */
	private static final long UNSEEN = 0;

	private final @Nullable Long id;

	private final CompletableFuture<T> future;

	private DispatchResult(@Nullable Long id, CompletableFuture<T> future) {
		this.id = id;
		this.future = future;
	}

	/**
	 * Makes one that is no more than a value: what the body of a method returns to the
	 * job that runs it.
	 * @param <T> the type of the value
	 * @param value the job's value
	 * @return the value
	 */
	public static <T extends @Nullable Object> DispatchResult<T> of(T value) {
		return new DispatchResult<>(null, CompletableFuture.completedFuture(value));
	}

	static <T extends @Nullable Object> DispatchResult<T> of(long id, JobResults results,
			Function<JobResult, T> value) {
		CompletableFuture<T> future = new CompletableFuture<>();
		if (id == UNSEEN) {
			future.completeExceptionally(new IllegalStateException("A job with the same key waits, which was"
					+ " dispatched after this transaction has begun, and so is not known to it"));
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
	 * @return the id, for {@link PgDispatchTemplate}'s methods
	 * @throws IllegalStateException if this was made of a value
	 */
	public long id() {
		Assert.state(this.id != null, "This is a value, and not the handle of a job");
		return this.id;
	}

	/**
	 * Returns the future value. Who waits for it, as by {@link CompletableFuture#join()},
	 * in the transaction that has dispatched the job, waits for ever; use
	 * {@link #get(Duration)}. Cancel it to have the job waited for no longer; that does
	 * not cancel the job.
	 * @return completed when the transaction has committed and the job has succeeded;
	 * exceptionally with a {@link DispatchFailedException} if the job has become a dead
	 * letter or was cancelled, and as soon as the transaction rolls back
	 */
	public CompletableFuture<T> future() {
		return this.future;
	}

	/**
	 * Waits for the value.
	 * @param timeout how long at the most; zero or more
	 * @return the value
	 * @throws IllegalStateException if the transaction that has dispatched the job is the
	 * current one, or is suspended by it: the job would not run before it has ended
	 * @throws DispatchFailedException if the job has become a dead letter or was
	 * cancelled, or the transaction has rolled back
	 * @throws DispatchTimeoutException if the job has not ended in time, or the thread
	 * was interrupted, which it then still is
	 * @throws NoSuchJobException if what became of the job is no longer kept
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
						+ " runs after its commit: to wait for it here would be to wait for ever. Wait after the"
						+ " transaction, or use the future");
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
