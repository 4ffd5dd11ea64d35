package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.function.Function;

import javax.sql.DataSource;

import io.github.pgdispatch.DispatchResult;
import io.github.pgdispatch.JobResult;
import io.github.pgdispatch.JobResults;
import org.jspecify.annotations.Nullable;

import org.springframework.context.SmartLifecycle;

/**
 * Watches for the ends of jobs of tenants, of which each has a database of its own. It
 * looks repeatedly as long as somebody waits for a job of the tenant, on a connection of
 * that tenant that it gives back each time. Thread-safe.
 */
public final class TenantResults implements JobResults, SmartLifecycle {

	private static final Duration POLL_INTERVAL = Duration.ofSeconds(1);

	private final TenantTargets targets;

	private final ThreadFactory threadFactory;

	private final Map<Tenant, Watched> watches = new HashMap<>();

	private boolean running = true;

	/**
	 * Creates an instance, which is started. It has no thread and no connection until
	 * somebody waits for a job.
	 * @param targets the tenants and their databases
	 * @param threadFactory of the threads that wait for the databases, and on which
	 * futures are completed
	 */
	public TenantResults(TenantTargets targets, ThreadFactory threadFactory) {
		this.targets = targets;
		this.threadFactory = threadFactory;
	}

	/**
	 * Waits for the end of a job of the current tenant.
	 */
	@Override
	public CompletableFuture<JobResult> whenEnded(long id) {
		return whenEnded(this.targets.current(), id);
	}

	/**
	 * Creates a handle of a job of the current tenant. Another one may be the current one
	 * when its transaction has ended.
	 */
	@Override
	public <T extends @Nullable Object> DispatchResult<T> handle(long id, Function<JobResult, T> value) {
		Tenant tenant = this.targets.current();
		JobResults results = (job) -> whenEnded(tenant, job);
		return results.handle(id, value);
	}

	private CompletableFuture<JobResult> whenEnded(@Nullable Tenant tenant, long id) {
		DataSource target = (tenant != null) ? this.targets.target(tenant) : null;
		if (tenant == null || target == null) {
			return CompletableFuture.failedFuture(new IllegalStateException(
					"There is no current tenant, so that it is unknown which database has the job " + id));
		}
		return watch(tenant, target).whenEnded(id);
	}

	private synchronized ResultWatch watch(Tenant tenant, DataSource target) {
		Watched watched = this.watches.get(tenant);
		if (watched == null || watched.target() != target) {
			watched = new Watched(target, new ResultWatch(target, this.threadFactory, POLL_INTERVAL, false));
			if (!this.running) {
				watched.watch().stop();
			}
			this.watches.put(tenant, watched);
		}
		return watched.watch();
	}

	@Override
	public synchronized void start() {
		this.running = true;
		this.watches.values().forEach((watched) -> watched.watch().start());
	}

	@Override
	public synchronized void stop() {
		this.running = false;
		this.watches.values().forEach((watched) -> watched.watch().stop());
	}

	@Override
	public void stop(Runnable callback) {
		stop();
		callback.run();
	}

	@Override
	public synchronized boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return DriverPhases.RESULTS;
	}

	/**
	 * The watch of a tenant.
	 *
	 * @param target the database that it watches
	 * @param watch looks for the results
	 */
	private record Watched(DataSource target, ResultWatch watch) {

	}

}
