package io.github.pgdispatch.driver;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;

import javax.sql.DataSource;

import io.github.pgdispatch.DispatchListener;
import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.handler.HandlerInvocations;
import io.github.pgdispatch.handler.Handlers;
import org.jspecify.annotations.Nullable;

import org.springframework.context.SmartLifecycle;

/**
 * Runs the jobs of the handlers that this node knows: claims them as soon as a
 * transaction of this node has dispatched, when the database notifies it of a dispatch
 * from elsewhere, when snoozed jobs fall due, when another node has died, and after each
 * poll interval.
 *
 * <p>
 * Starts before, and stops after, the web server. When it is stopped it takes no further
 * job, waits for the running ones, and then interrupts them and gives them back.
 */
public final class HandlerDriver implements SmartLifecycle, DispatchListener {

	private final DataSource dataSource;

	private final DataSource applicationDataSource;

	private final Supplier<Handlers> handlers;

	private final HandlerInvocations calls;

	private final DispatchPropagator propagator;

	private final Executor executor;

	private final ThreadFactory threadFactory;

	private final HandlerSettings settings;

	private volatile @Nullable HandlerDriverRun shift;

	/**
	 * Creates a driver, which does nothing before it is started, nor if there are no
	 * handlers.
	 * @param dataSource of sessions that have logged in as the role; two are taken at the
	 * most
	 * @param applicationDataSource whose connections the handlers' transactions use
	 * @param handlers of this node
	 * @param calls registered with the transaction manager of those transactions
	 * @param propagator that restores what came along in headers
	 * @param executor that runs the jobs
	 * @param threadFactory of the threads that wait for the database
	 * @param settings of this driver
	 */
	public HandlerDriver(DataSource dataSource, DataSource applicationDataSource, Supplier<Handlers> handlers,
			HandlerInvocations calls, DispatchPropagator propagator, Executor executor, ThreadFactory threadFactory,
			HandlerSettings settings) {
		this.dataSource = dataSource;
		this.applicationDataSource = applicationDataSource;
		this.handlers = handlers;
		this.calls = calls;
		this.propagator = propagator;
		this.executor = executor;
		this.threadFactory = threadFactory;
		this.settings = settings;
	}

	@Override
	public synchronized void start() {
		Handlers handlers = this.handlers.get();
		if (this.shift == null && !handlers.names().isEmpty()) {
			this.shift = new HandlerDriverRun(this.dataSource, this.applicationDataSource, handlers, this.calls,
					this.propagator, this.executor, this.threadFactory, this.settings);
		}
	}

	@Override
	public void stop() {
		end().join();
	}

	@Override
	public void stop(Runnable callback) {
		end().whenComplete((ended, ex) -> callback.run());
	}

	private synchronized CompletableFuture<Void> end() {
		HandlerDriverRun shift = this.shift;
		this.shift = null;
		return (shift != null) ? shift.end() : CompletableFuture.completedFuture(null);
	}

	@Override
	public boolean isRunning() {
		return this.shift != null;
	}

	@Override
	public int getPhase() {
		return ApplicationDriver.PHASE;
	}

	@Override
	public boolean isListening() {
		return isRunning();
	}

	@Override
	public void committed(int fired, int snoozed) {
		HandlerDriverRun shift = this.shift;
		if (shift != null) {
			shift.committed(fired, snoozed);
		}
	}

}
