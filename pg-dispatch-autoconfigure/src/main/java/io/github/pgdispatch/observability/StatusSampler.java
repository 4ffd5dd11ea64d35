package io.github.pgdispatch.observability;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

import io.github.pgdispatch.PgDispatchStatus;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

import org.springframework.context.SmartLifecycle;

/**
 * Counts the whole queue once in each interval, so that nobody who asks for health or
 * metrics waits for the database. The latest sample is kept when a count fails. While the
 * node is asleep, the sampler counts once and then lets the database sleep, too.
 * Thread-safe.
 */
public final class StatusSampler implements SmartLifecycle {

	private static final OneLineLog logger = OneLineLog.of(StatusSampler.class);

	private final Supplier<PgDispatchStatus> source;

	private final List<StatusListener> listeners;

	private final Duration interval;

	private final ThreadFactory threadFactory;

	private final BooleanSupplier asleep;

	/**
	 * Whether the latest sample is from the present sleep. Used by the thread of the
	 * sampler.
	 */
	private boolean sampledAsleep;

	private volatile @Nullable PgDispatchStatus latest;

	private volatile @Nullable Throwable failure;

	private @Nullable ScheduledExecutorService executor;

	/**
	 * Creates a sampler, which does nothing before it is started.
	 * @param source that counts
	 * @param listeners that are given each sample, on the thread of the sampler
	 * @param interval between two counts
	 * @param threadFactory of the thread that waits for the database
	 * @param asleep tells whether the node sleeps
	 */
	public StatusSampler(Supplier<PgDispatchStatus> source, List<StatusListener> listeners, Duration interval,
			ThreadFactory threadFactory, BooleanSupplier asleep) {
		this.source = source;
		this.listeners = List.copyOf(listeners);
		this.interval = interval;
		this.threadFactory = threadFactory;
		this.asleep = asleep;
	}

	/**
	 * Returns the latest sample.
	 * @return the sample; {@code null} before the first one
	 */
	@Nullable PgDispatchStatus latest() {
		return this.latest;
	}

	/**
	 * Returns why the last count failed.
	 * @return the exception; {@code null} if it did not fail
	 */
	@Nullable Throwable failure() {
		return this.failure;
	}

	private void sampleUnlessAsleep() {
		boolean asleep = this.asleep.getAsBoolean();
		if (!asleep || !this.sampledAsleep) {
			sample();
			this.sampledAsleep = asleep && this.failure == null;
		}
	}

	private void sample() {
		try {
			PgDispatchStatus status = this.source.get();
			this.latest = status;
			this.failure = null;
			this.listeners.forEach((listener) -> listener.counted(status));
		}
		catch (RuntimeException | Error ex) {
			if (this.failure == null) {
				logger.debug("The queue could not be counted", ex);
			}
			this.failure = ex;
		}
	}

	@Override
	public synchronized void start() {
		if (this.executor == null) {
			this.executor = Executors.newSingleThreadScheduledExecutor(this.threadFactory);
			this.executor.scheduleWithFixedDelay(this::sampleUnlessAsleep, 0, this.interval.toMillis(),
					TimeUnit.MILLISECONDS);
		}
	}

	@Override
	public synchronized void stop() {
		if (this.executor != null) {
			this.executor.shutdownNow();
			this.executor = null;
		}
	}

	@Override
	public synchronized boolean isRunning() {
		return this.executor != null;
	}

}
