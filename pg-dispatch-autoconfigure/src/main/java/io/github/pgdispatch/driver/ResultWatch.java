package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import javax.sql.DataSource;

import io.github.pgdispatch.JobResult;
import io.github.pgdispatch.JobResults;
import io.github.pgdispatch.JobState;
import io.github.pgdispatch.NoSuchJobException;
import io.github.pgdispatch.gateway.ResultRow;
import io.github.pgdispatch.gateway.ResultSession;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.context.SmartLifecycle;
import org.springframework.util.Assert;

/**
 * Watches for the ends of jobs as long as any are waited for: on a connection on which
 * the database notifies of them, or, where it is not asked to, by looking again and again
 * on one that is given back each time.
 *
 * <p>
 * Stops after the drivers, whose jobs may wait for others. What is then still waited for
 * ends exceptionally.
 */
public final class ResultWatch implements SmartLifecycle, JobResults {

	private static final Log logger = LogFactory.getLog(ResultWatch.class);

	/**
	 * How long it hears nothing but the database, while others begin to wait.
	 */
	private static final Duration TICK = Duration.ofMillis(20);

	private static final Duration FIRST_PAUSE = Duration.ofMillis(50);

	private static final Duration IDLE_THREADS = Duration.ofSeconds(10);

	private final DataSource dataSource;

	private final ThreadFactory threadFactory;

	private final Duration pollInterval;

	private final boolean listen;

	private final PendingResults waiters = new PendingResults();

	private @Nullable ExecutorService executor;

	private @Nullable CompletableFuture<Void> watch;

	private boolean stopped;

	private volatile boolean running;

	/**
	 * Creates a watch, which need not be started.
	 * @param dataSource of sessions that have logged in as the role; one is taken at the
	 * most
	 * @param threadFactory of the threads that wait for the database, and on which
	 * futures are completed
	 * @param pollInterval how often it looks without being notified, at the least
	 * @param listen whether it asks the database to be notified
	 */
	public ResultWatch(DataSource dataSource, ThreadFactory threadFactory, Duration pollInterval, boolean listen) {
		Assert.isTrue(pollInterval.toMillis() > 0, () -> "The poll interval must be positive, but is " + pollInterval);
		this.dataSource = dataSource;
		this.threadFactory = threadFactory;
		this.pollInterval = pollInterval;
		this.listen = listen;
	}

	@Override
	public synchronized CompletableFuture<JobResult> whenEnded(long id) {
		if (this.stopped) {
			return CompletableFuture.failedFuture(stopping());
		}
		CompletableFuture<JobResult> future = this.waiters.add(id);
		if (this.watch == null) {
			ExecutorService executor = executor();
			this.watch = CompletableFuture.runAsync(() -> watch(executor), executor);
		}
		return future;
	}

	private static IllegalStateException stopping() {
		return new IllegalStateException("The application stops, and no longer learns of the ends of jobs");
	}

	private ExecutorService executor() {
		if (this.executor == null) {
			this.executor = new ThreadPoolExecutor(0, Integer.MAX_VALUE, IDLE_THREADS.toSeconds(), TimeUnit.SECONDS,
					new SynchronousQueue<>(), this.threadFactory);
		}
		return this.executor;
	}

	private void watch(ExecutorService executor) {
		boolean lost = false;
		while (!isOver()) {
			try {
				if (this.listen) {
					listen(executor);
				}
				else {
					poll(executor);
				}
				lost = false;
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			catch (SQLException | RuntimeException ex) {
				if (!lost) {
					logger.warn("Lost the database; the results of jobs are waited for until it is back: " + ex);
					logger.debug("The cause:", ex);
					lost = true;
				}
				pause();
			}
		}
	}

	/**
	 * Whoever waits later has another watch.
	 */
	private synchronized boolean isOver() {
		boolean over = this.waiters.isEmpty() || Thread.currentThread().isInterrupted();
		if (over) {
			this.watch = null;
		}
		return over;
	}

	private void pause() {
		try {
			this.waiters.takeFresh(FIRST_PAUSE.multipliedBy(4));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void listen(ExecutorService executor) throws SQLException {
		try (ResultSession session = ResultSession.open(this.dataSource, true)) {
			long nextPoll = System.nanoTime();
			while (!this.waiters.isEmpty()) {
				Set<Long> ids = new HashSet<>(this.waiters.takeFresh());
				if (System.nanoTime() - nextPoll >= 0) {
					ids.addAll(this.waiters.ids());
					nextPoll = System.nanoTime() + this.pollInterval.toNanos();
				}
				check(session, ids, executor);
				check(session, session.await(TICK), executor);
			}
		}
	}

	private void poll(ExecutorService executor) throws SQLException, InterruptedException {
		Duration pause = FIRST_PAUSE;
		while (!this.waiters.isEmpty()) {
			try (ResultSession session = ResultSession.open(this.dataSource, false)) {
				check(session, this.waiters.ids(), executor);
			}
			boolean fresh = !this.waiters.takeFresh(pause).isEmpty();
			Duration next = fresh ? FIRST_PAUSE : pause.multipliedBy(2);
			pause = (next.compareTo(this.pollInterval) < 0) ? next : this.pollInterval;
		}
	}

	private void check(ResultSession session, Collection<Long> ids, ExecutorService executor) throws SQLException {
		Set<Long> waitedFor = new HashSet<>(ids);
		waitedFor.retainAll(this.waiters.ids());
		if (waitedFor.isEmpty()) {
			return;
		}
		Map<Long, ResultRow> found = session.check(waitedFor);
		for (Long id : waitedFor) {
			ResultRow result = found.get(id);
			if (result == null || result.isFinal()) {
				this.waiters.of(id).forEach((future) -> executor.execute(() -> complete(future, id, result)));
			}
		}
	}

	private static void complete(CompletableFuture<JobResult> future, long id, @Nullable ResultRow result) {
		if (result == null) {
			future.completeExceptionally(new NoSuchJobException(id));
		}
		else {
			future.complete(new JobResult(id, JobState.valueOf(result.state()), result.value(), result.rowCount(),
					result.sqlState(), result.message(), result.finishedAt()));
		}
	}

	@Override
	public synchronized void start() {
		this.stopped = false;
		this.running = true;
	}

	@Override
	public void stop() {
		end().join();
	}

	@Override
	public void stop(Runnable callback) {
		end().whenComplete((ended, ex) -> callback.run());
	}

	private CompletableFuture<Void> end() {
		ExecutorService executor;
		CompletableFuture<Void> watch;
		synchronized (this) {
			this.stopped = true;
			this.running = false;
			executor = this.executor;
			watch = this.watch;
			this.executor = null;
		}
		for (Long id : this.waiters.ids()) {
			this.waiters.of(id).forEach((future) -> future.completeExceptionally(stopping()));
		}
		this.waiters.wake();
		return ((watch != null) ? watch : CompletableFuture.<Void>completedFuture(null)).thenRun(() -> {
			if (executor != null) {
				executor.shutdown();
			}
		});
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return ApplicationDriver.PHASE - 1;
	}

}
