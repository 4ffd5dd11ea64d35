package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.SqlJobQueue;

/**
 * What a driver has from a start to the next stop.
 */
final class DriverRun {

	private static final Duration IDLE_THREADS = Duration.ofSeconds(60);

	private final WorkerPool workers;

	private final QueueWatcher watch;

	private final ExecutorService executor;

	private final ScheduledExecutorService canceller;

	private final CompletableFuture<Void> watchEnded;

	DriverRun(DataSource dataSource, ThreadFactory threadFactory, DriverSettings settings) {
		this.executor = new ThreadPoolExecutor(0, Integer.MAX_VALUE, IDLE_THREADS.toSeconds(), TimeUnit.SECONDS,
				new SynchronousQueue<>(), threadFactory);
		this.canceller = Executors.newSingleThreadScheduledExecutor(threadFactory);
		this.workers = new WorkerPool(dataSource, this.executor, this.canceller, settings.threads(), this::lookIn);
		this.watch = new QueueWatcher(dataSource, new SqlJobQueue(settings.threads()), this.workers,
				settings.pollInterval(), settings.listen());
		this.watchEnded = CompletableFuture.runAsync(this.watch, this.executor);
	}

	private void lookIn(Duration delay) {
		this.watch.lookIn(delay);
	}

	void committed(int fired, int snoozed) {
		if (fired > 0) {
			this.workers.wake(fired);
		}
		if (snoozed > 0 || this.watch.isDeaf()) {
			// It knows when snoozed jobs are due, and what triggers have added; and it is
			// told
			// once for all that come in its next tick.
			this.watch.lookIn(Duration.ZERO);
		}
	}

	/**
	 * Takes no further job.
	 * @return completed when the last worker has come to the end of its job, and nothing
	 * holds a connection any more
	 */
	CompletableFuture<Void> end() {
		CompletableFuture<Void> workersEnded = new CompletableFuture<>();
		this.watch.stop();
		this.workers.stop(() -> workersEnded.complete(null));
		return CompletableFuture.allOf(this.watchEnded, workersEnded).thenRun(() -> {
			this.canceller.shutdown();
			this.executor.shutdown();
		});
	}

}
