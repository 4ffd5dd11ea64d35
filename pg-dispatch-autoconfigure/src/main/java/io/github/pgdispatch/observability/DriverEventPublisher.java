package io.github.pgdispatch.observability;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.pgdispatch.driver.DriverListener;
import io.github.pgdispatch.driver.DriverPhases;
import io.github.pgdispatch.event.AttemptFailedEvent;
import io.github.pgdispatch.event.CircuitBreakerEvent;
import io.github.pgdispatch.event.DeadLetterEvent;
import io.github.pgdispatch.event.DriverBackEvent;
import io.github.pgdispatch.event.DriverLostEvent;
import io.github.pgdispatch.event.HandlerUnknownEvent;
import io.github.pgdispatch.event.JobTakenOverEvent;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.SmartLifecycle;

/**
 * Publishes what the drivers tell as application events. It has a thread of its own, as a
 * listener of the application may take long, and the drivers must not wait for it. It
 * stops after the drivers, when all events have been published. Thread-safe.
 */
public final class DriverEventPublisher implements DriverListener, SmartLifecycle, DisposableBean {

	private static final OneLineLog logger = OneLineLog.of(DriverEventPublisher.class);

	/**
	 * Maximum number of events that wait for the listeners. More would fill the memory.
	 */
	private static final int MAX_WAITING = 10_000;

	private static final int IDLE_SECONDS = 10;

	private final @Nullable String database;

	private final ApplicationEventPublisher publisher;

	private final ThreadPoolExecutor executor;

	private final AtomicBoolean dropping = new AtomicBoolean();

	private volatile boolean running;

	/**
	 * Creates a publisher.
	 * @param database the name of the database of the drivers, or {@code null} if the
	 * application has only one
	 * @param publisher of application events
	 * @param threadFactory of the thread, which there is as long as there are events
	 */
	public DriverEventPublisher(@Nullable String database, ApplicationEventPublisher publisher,
			ThreadFactory threadFactory) {
		this.database = database;
		this.publisher = publisher;
		this.executor = new ThreadPoolExecutor(1, 1, IDLE_SECONDS, TimeUnit.SECONDS,
				new LinkedBlockingQueue<>(MAX_WAITING), threadFactory);
		this.executor.allowCoreThreadTimeOut(true);
	}

	@Override
	public void attemptFailed(AttemptFailedEvent event) {
		publish(event.in(this.database));
	}

	@Override
	public void deadLetter(DeadLetterEvent event) {
		publish(event.in(this.database));
	}

	@Override
	public void jobTakenOver(JobTakenOverEvent event) {
		publish(event.in(this.database));
	}

	@Override
	public void circuitBreaker(CircuitBreakerEvent event) {
		publish(event.in(this.database));
	}

	@Override
	public void handlerUnknown(HandlerUnknownEvent event) {
		publish(event.in(this.database));
	}

	@Override
	public void driverLost(DriverLostEvent event) {
		publish(event.in(this.database));
	}

	@Override
	public void driverBack(DriverBackEvent event) {
		publish(event.in(this.database));
	}

	private void publish(Object event) {
		try {
			this.executor.execute(() -> publishNow(event));
			this.dropping.set(false);
		}
		catch (RejectedExecutionException ex) {
			if (!this.executor.isShutdown() && !this.dropping.getAndSet(true)) {
				logger.warn("Listeners of the application are too slow: " + MAX_WAITING
						+ " events of drivers wait, and others are not published, such as " + event);
			}
		}
	}

	private void publishNow(Object event) {
		try {
			this.publisher.publishEvent(event);
		}
		catch (RuntimeException | Error ex) {
			logger.warn("A listener of the application threw an exception when it was told " + event, ex);
		}
	}

	@Override
	public void start() {
		this.running = true;
	}

	@Override
	public void stop() {
		this.running = false;
	}

	/**
	 * Ends the shutdown phase when all events have been published. Spring limits the time
	 * of the phase.
	 */
	@Override
	public void stop(Runnable callback) {
		stop();
		try {
			this.executor.execute(callback);
		}
		catch (RejectedExecutionException ex) {
			callback.run();
		}
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return DriverPhases.EVENTS;
	}

	@Override
	public void destroy() {
		this.executor.shutdownNow();
	}

}
