package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import io.github.pgdispatch.gateway.Durations;

/**
 * The time limit of one attempt. It interrupts the thread that runs the attempt, but no
 * other job on that thread. Thread-safe.
 */
final class TimeLimit {

	private final Thread thread = Thread.currentThread();

	private final Future<?> alarm;

	private boolean exceeded;

	private boolean ended;

	/**
	 * Begins an attempt on the current thread.
	 * @param limit maximum duration of the attempt
	 * @param scheduler that interrupts the thread
	 */
	TimeLimit(Duration limit, ScheduledExecutorService scheduler) {
		this.alarm = scheduler.schedule(this::exceed, Durations.capped(limit).toMillis(), TimeUnit.MILLISECONDS);
	}

	private synchronized void exceed() {
		if (!this.ended) {
			this.exceeded = true;
			this.thread.interrupt();
		}
	}

	/**
	 * Ends the attempt, which will not be interrupted any more.
	 * @return whether the attempt was interrupted
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
