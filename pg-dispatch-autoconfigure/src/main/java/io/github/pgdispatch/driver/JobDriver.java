package io.github.pgdispatch.driver;

import io.github.pgdispatch.DispatchListener;
import io.github.pgdispatch.JobKind;

/**
 * A driver of jobs of one kind. While it is stopped or drained, dispatches of its node
 * notify other nodes through the database. A start ends the drain. Thread-safe.
 *
 * @param <R> the type of what the driver holds between a start and the next stop
 */
abstract class JobDriver<R extends JobRun> extends DriverLifecycle<R>
		implements DispatchListener, Drainable, ObservedDriver {

	/**
	 * Returns the kind of the jobs that the driver runs.
	 */
	abstract JobKind kind();

	@Override
	public abstract boolean runs(String name);

	/**
	 * Returns the maximum number of workers; zero if there is nothing to run on this
	 * node.
	 */
	abstract int limit();

	@Override
	public final DriverState state() {
		R run = run();
		return (run == null) ? new DriverState(kind(), false, false, false, false, false, false, 0, limit())
				: new DriverState(kind(), true, run.isAlive(), run.isDraining(), run.watcher().isConnected(),
						run.watcher().isListening(), run.watcher().isAsleep(), run.active(), limit());
	}

	@Override
	public final boolean isListening() {
		R run = run();
		return run != null && !run.isDraining();
	}

	@Override
	public final void committed(int fired, int snoozed) {
		R run = run();
		if (run != null) {
			run.committed(fired, snoozed);
		}
	}

	@Override
	public final synchronized void drain() {
		R run = run();
		if (run != null && !run.isDraining()) {
			run.drain();
		}
	}

	@Override
	public final synchronized void resume() {
		R run = run();
		if (run != null && run.isDraining()) {
			run.resume();
		}
	}

	@Override
	public final boolean isDraining() {
		R run = run();
		return run != null && run.isDraining();
	}

}
