package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

import org.springframework.context.SmartLifecycle;

/**
 * The lifecycle of a driver, which may be started and stopped repeatedly. Thread-safe.
 *
 * @param <R> the type of what the driver holds between a start and the next stop
 */
abstract class DriverLifecycle<R extends Run> implements SmartLifecycle {

	private static final OneLineLog logger = OneLineLog.of(DriverLifecycle.class);

	/**
	 * Time within which a run without long jobs ends.
	 */
	private static final Duration QUICK = Duration.ofMillis(200);

	private volatile @Nullable R run;

	/**
	 * Begins a run. Called while there is none.
	 * @return the run, or {@code null} if there is nothing to run
	 */
	abstract @Nullable R begin();

	/**
	 * Returns the current run.
	 * @return the run, or {@code null} if the driver is stopped
	 */
	final @Nullable R run() {
		return this.run;
	}

	@Override
	public final synchronized void start() {
		if (this.run == null) {
			this.run = begin();
		}
	}

	@Override
	public final void stop() {
		end().join();
	}

	@Override
	public void stop(Runnable callback) {
		end().whenComplete((ended, ex) -> callback.run());
	}

	private CompletableFuture<Void> end() {
		R run = takeRun();
		if (run == null) {
			return CompletableFuture.completedFuture(null);
		}
		CompletableFuture<Void> ended = run.end();
		CompletableFuture.delayedExecutor(QUICK.toMillis(), TimeUnit.MILLISECONDS).execute(() -> report(run, ended));
		return ended;
	}

	private void report(R run, CompletableFuture<Void> ended) {
		String waitsFor = ended.isDone() ? null : run.waitsFor();
		if (waitsFor != null) {
			logger.info("Waiting " + waitsFor);
		}
	}

	private synchronized @Nullable R takeRun() {
		R run = this.run;
		this.run = null;
		return run;
	}

	@Override
	public final boolean isRunning() {
		return this.run != null;
	}

}
