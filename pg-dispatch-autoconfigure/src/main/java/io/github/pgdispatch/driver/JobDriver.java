package io.github.pgdispatch.driver;

import io.github.pgdispatch.DispatchListener;

/**
 * A driver of jobs of one kind. While it is stopped or drained, dispatches of its node
 * notify other nodes through the database. A start ends the drain. Thread-safe.
 *
 * @param <R> the type of what the driver holds between a start and the next stop
 */
abstract class JobDriver<R extends JobRun> extends DriverLifecycle<R> implements DispatchListener, Drainable {

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
