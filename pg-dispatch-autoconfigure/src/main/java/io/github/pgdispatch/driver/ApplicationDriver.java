package io.github.pgdispatch.driver;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;

import javax.sql.DataSource;

import io.github.pgdispatch.DispatchListener;
import org.jspecify.annotations.Nullable;

import org.springframework.context.SmartLifecycle;

/**
 * Runs the jobs of the role that it logs in as: wakes workers as soon as a transaction of
 * this node has dispatched, when the database notifies it of a dispatch from elsewhere,
 * when snoozed jobs fall due, and after each poll interval.
 *
 * <p>
 * Starts before, and stops after, the web server. When it is stopped it takes no further
 * job and waits for the running ones as long as the lifecycle's timeout allows. It never
 * interrupts one: what then still runs, the database finishes by itself.
 */
public final class ApplicationDriver implements SmartLifecycle, DispatchListener {

	/**
	 * Below the phases in which Spring Boot's web servers stop, which reach to 2048 below
	 * the default: requests that are still being answered may dispatch.
	 */
	static final int PHASE = DEFAULT_PHASE - 4096;

	private final DataSource dataSource;

	private final ThreadFactory threadFactory;

	private final DriverSettings settings;

	private volatile @Nullable DriverRun shift;

	/**
	 * Creates a driver, which does nothing before it is started.
	 * @param dataSource of sessions that have logged in as the role; one for each worker
	 * and one for the watch are taken at the most, and held for as long as there is work
	 * @param threadFactory of the threads that wait for the database
	 * @param settings of this driver
	 */
	public ApplicationDriver(DataSource dataSource, ThreadFactory threadFactory, DriverSettings settings) {
		this.dataSource = dataSource;
		this.threadFactory = threadFactory;
		this.settings = settings;
	}

	@Override
	public synchronized void start() {
		if (this.shift == null) {
			this.shift = new DriverRun(this.dataSource, this.threadFactory, this.settings);
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
		DriverRun shift = this.shift;
		this.shift = null;
		return (shift != null) ? shift.end() : CompletableFuture.completedFuture(null);
	}

	@Override
	public boolean isRunning() {
		return this.shift != null;
	}

	@Override
	public int getPhase() {
		return PHASE;
	}

	@Override
	public boolean isListening() {
		return isRunning();
	}

	@Override
	public void committed(int fired, int snoozed) {
		DriverRun shift = this.shift;
		if (shift != null) {
			shift.committed(fired, snoozed);
		}
	}

}
