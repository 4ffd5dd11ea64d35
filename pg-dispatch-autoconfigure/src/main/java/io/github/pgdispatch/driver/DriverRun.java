package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.gateway.SqlJobQueue;
import org.jspecify.annotations.Nullable;

/**
 * An {@link ApplicationDriver} between a start and the next stop. Thread-safe.
 */
final class DriverRun implements JobRun {

	private static final Duration IDLE_THREADS = Duration.ofSeconds(60);

	private final DriverReports reports;

	private final WorkerPool workers;

	private final QueueWatcher watcher;

	private final ExecutorService executor;

	private final ScheduledExecutorService canceller;

	private final CompletableFuture<Void> watcherEnded;

	private volatile boolean draining;

	DriverRun(DataSource dataSource, ThreadFactory threadFactory, DriverSettings settings,
			Collection<DriverListener> listeners) {
		this.reports = new DriverReports(JobKind.SQL, listeners);
		this.executor = new ThreadPoolExecutor(0, Integer.MAX_VALUE, IDLE_THREADS.toSeconds(), TimeUnit.SECONDS,
				new SynchronousQueue<>(), threadFactory);
		this.canceller = Executors.newSingleThreadScheduledExecutor(threadFactory);
		FrozenSessions sessions = new FrozenSessions();
		this.workers = new WorkerPool(dataSource, this.executor, this.canceller, settings.threads(), this::scheduleLook,
				sessions, this.reports);
		this.watcher = new QueueWatcher(dataSource, new SqlJobQueue(settings.threads()), this.workers,
				settings.pollInterval(), settings.listen(), settings.sleep(), sessions, this.reports);
		this.watcherEnded = CompletableFuture.runAsync(this.watcher, this.executor);
	}

	private void scheduleLook(Duration delay) {
		this.watcher.scheduleLook(delay, WakeUpSource.DUE);
	}

	@Override
	public void committed(int fired, int snoozed) {
		if (this.draining) {
			return;
		}
		if (fired > 0) {
			this.reports.wokenUp(WakeUpSource.COMMIT);
			this.workers.wake(fired);
		}
		if (snoozed > 0 || this.watcher.mayMissDispatches()) {
			// A look finds out when snoozed jobs are due and what triggers have
			// dispatched. The watcher looks once for all commits between two of its
			// ticks.
			this.watcher.scheduleLook(Duration.ZERO, (snoozed > 0) ? WakeUpSource.DUE : WakeUpSource.COMMIT);
		}
	}

	@Override
	public void drain() {
		this.draining = true;
		this.workers.drain();
		this.watcher.drain();
	}

	@Override
	public void resume() {
		this.draining = false;
		this.workers.resume();
		this.watcher.resume();
	}

	@Override
	public boolean isDraining() {
		return this.draining;
	}

	@Override
	public boolean isAlive() {
		return !this.watcherEnded.isDone();
	}

	@Override
	public QueueWatcher watcher() {
		return this.watcher;
	}

	@Override
	public int active() {
		return this.workers.working();
	}

	@Override
	public @Nullable String waitsFor() {
		int workers = this.workers.working();
		return (workers == 0) ? null : "for the SQL jobs of " + workers + ((workers == 1) ? " worker" : " workers")
				+ " as long as the shutdown phase lasts. What still runs then is finished by the database";
	}

	@Override
	public CompletableFuture<Void> end() {
		CompletableFuture<Void> workersEnded = new CompletableFuture<>();
		this.watcher.stop();
		this.workers.stop(() -> workersEnded.complete(null));
		return CompletableFuture.allOf(this.watcherEnded, workersEnded).thenRun(() -> {
			this.canceller.shutdown();
			this.executor.shutdown();
		});
	}

}
