package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Delayed;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * The places in which tenants are visited, and the queue of those who wait for one.
 * Thread-safe.
 */
final class TenantPlaces {

	private final ScheduledThreadPoolExecutor executor;

	private final CountDownLatch stopped = new CountDownLatch(1);

	private volatile boolean draining;

	/**
	 * Creates places.
	 * @param number maximum number of visits at once
	 * @param threadFactory of the threads, one for each place
	 */
	TenantPlaces(int number, ThreadFactory threadFactory) {
		this.executor = new ScheduledThreadPoolExecutor(number, threadFactory, new ThreadPoolExecutor.DiscardPolicy());
		this.executor.setRemoveOnCancelPolicy(true);
		this.executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
	}

	@Nullable ScheduledFuture<?> schedule(Runnable visit, Duration delay) {
		return areHeld() ? null : this.executor.schedule(visit, delay.toNanos(), TimeUnit.NANOSECONDS);
	}

	/**
	 * Returns whether a visit waits for a place.
	 */
	boolean areWanted() {
		return this.executor.getQueue().peek() instanceof Delayed next && next.getDelay(TimeUnit.NANOSECONDS) <= 0;
	}

	/**
	 * Returns whether no more jobs are to begin.
	 */
	boolean areHeld() {
		return this.draining || this.stopped.getCount() == 0;
	}

	void drain(boolean draining) {
		this.draining = draining;
	}

	boolean isDraining() {
		return this.draining;
	}

	/**
	 * Waits.
	 * @return whether visits go on, which they do not after a stop
	 */
	boolean pause(Duration duration) {
		try {
			return !this.stopped.await(duration.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	/**
	 * Ends all visits.
	 * @param timeout the maximum time to wait for their end
	 */
	void stop(Duration timeout) {
		this.stopped.countDown();
		this.executor.shutdown();
		try {
			this.executor.awaitTermination(timeout.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
