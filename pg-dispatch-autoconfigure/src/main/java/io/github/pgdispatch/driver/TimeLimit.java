package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The time limit of one attempt: interrupts the thread that runs it, and no other job on
 * that thread.
 */
final class TimeLimit {

	private final Thread thread = Thread.currentThread();

	private final Future<?> alarm;

	private boolean exceeded;

	private boolean ended;

	/**
	 * Begins the attempt of the current thread.
	 * @param limit how long it may take
	 * @param scheduler that interrupts it
	 */
	TimeLimit(Duration limit, ScheduledExecutorService scheduler) {
		this.alarm = scheduler.schedule(this::exceed, limit.toMillis(), TimeUnit.MILLISECONDS);
	}

	private synchronized void exceed() {
		if (!this.ended) {
			this.exceeded = true;
			this.thread.interrupt();
		}
	}

	/**
	 * Ends the attempt. It will not be interrupted any more.
	 * @return whether it was
	 */
	synchronized boolean end() {
		this.ended = true;
		this.alarm.cancel(false);
		if (this.exceeded) {
			Thread.interrupted();
		}
		return this.exceeded;
	}

}
