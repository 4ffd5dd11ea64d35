package io.github.pgdispatch;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.jspecify.annotations.Nullable;

/**
 * The future of the value of a job, and every future that is derived from it, for example
 * by {@link #thenApply}. It refuses to be waited for in the transaction that dispatched
 * the job, which would never end.
 *
 * @param <T> the type of the value
 */
final class DispatchFuture<T extends @Nullable Object> extends CompletableFuture<T> {

	private final long id;

	DispatchFuture(long id) {
		this.id = id;
	}

	@Override
	public <U> CompletableFuture<U> newIncompleteFuture() {
		return new DispatchFuture<>(this.id);
	}

	@Override
	public T get() throws InterruptedException, ExecutionException {
		refuseToWait();
		return super.get();
	}

	@Override
	public T get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
		refuseToWait();
		return super.get(timeout, unit);
	}

	@Override
	public T join() {
		refuseToWait();
		return super.join();
	}

	private void refuseToWait() {
		if (!isDone()) {
			DispatchResult.refuseInTransactionOf(this.id);
		}
	}

}
