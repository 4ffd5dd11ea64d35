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
import io.github.pgdispatch.JobState;
import io.github.pgdispatch.NoSuchJobException;
import io.github.pgdispatch.gateway.ResultRow;
import io.github.pgdispatch.gateway.ResultSession;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ResultWatch} between a start and the next stop. Thread-safe.
 */
final class ResultWatchRun implements Run {

	private static final OneLineLog logger = OneLineLog.of(ResultWatchRun.class);

	/**
	 * Maximum time that the watch waits for a notification before it looks for jobs that
	 * somebody has begun to wait for.
	 */
	private static final Duration TICK = Duration.ofMillis(20);

	private static final Duration FIRST_PAUSE = Duration.ofMillis(50);

	private static final Duration RECONNECT_PAUSE = Duration.ofMillis(200);

	private static final Duration IDLE_THREADS = Duration.ofSeconds(10);

	private final DataSource dataSource;

	private final Duration pollInterval;

	private final boolean listen;

	private final ExecutorService executor;

	private final PendingResults pending = new PendingResults();

	private @Nullable CompletableFuture<Void> watch;

	/**
	 * Whether the database is to notify the watch, and can. The thread of the watch finds
	 * out when it first needs to know.
	 */
	private @Nullable Boolean listens;

	private boolean stopped;

	ResultWatchRun(DataSource dataSource, ThreadFactory threadFactory, Duration pollInterval, boolean listen) {
		this.dataSource = dataSource;
		this.pollInterval = pollInterval;
		this.listen = listen;
		this.executor = new ThreadPoolExecutor(0, Integer.MAX_VALUE, IDLE_THREADS.toSeconds(), TimeUnit.SECONDS,
				new SynchronousQueue<>(), threadFactory);
	}

	synchronized CompletableFuture<JobResult> whenEnded(long id) {
		if (this.stopped) {
			return CompletableFuture.failedFuture(stopping());
		}
		CompletableFuture<JobResult> future = this.pending.add(id);
		if (this.watch == null) {
			this.watch = CompletableFuture.runAsync(this::watch, this.executor);
		}
		return future;
	}

	static IllegalStateException stopping() {
		return new IllegalStateException("The application stops, and this node no longer learns of the ends of jobs");
	}

	private void watch() {
		boolean lost = false;
		while (!isOver()) {
			try {
				if (listens()) {
					listen();
				}
				else {
					poll();
				}
				lost = false;
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			catch (SQLException | RuntimeException ex) {
				if (!lost) {
					logger.warn("Lost the database connection. Results of jobs are delivered when it is back: "
							+ Causes.describe(ex));
					logger.debug("The cause:", ex);
					lost = true;
				}
				pause();
			}
		}
	}

	private boolean listens() {
		Boolean listens = this.listens;
		if (listens == null) {
			listens = this.listen && !SharedSessions.areBehind(this.dataSource);
			this.listens = listens;
		}
		return listens;
	}

	/**
	 * Whether nobody waits any more. Whoever waits later begins another watch.
	 */
	private synchronized boolean isOver() {
		boolean over = this.pending.isEmpty() || Thread.currentThread().isInterrupted();
		if (over) {
			this.watch = null;
		}
		return over;
	}

	private void pause() {
		try {
			this.pending.takeAdded(RECONNECT_PAUSE);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void listen() throws SQLException {
		try (ResultSession session = ResultSession.open(this.dataSource, true)) {
			long nextPoll = System.nanoTime();
			while (!this.pending.isEmpty()) {
				Set<Long> ids = new HashSet<>(this.pending.takeAdded());
				if (System.nanoTime() - nextPoll >= 0) {
					ids.addAll(this.pending.ids());
					nextPoll = System.nanoTime() + this.pollInterval.toNanos();
				}
				check(session, ids);
				check(session, session.await(TICK));
			}
		}
	}

	private void poll() throws SQLException, InterruptedException {
		Duration pause = FIRST_PAUSE;
		while (!this.pending.isEmpty()) {
			try (ResultSession session = ResultSession.open(this.dataSource, false)) {
				check(session, this.pending.ids());
			}
			boolean added = !this.pending.takeAdded(pause).isEmpty();
			Duration next = added ? FIRST_PAUSE : pause.multipliedBy(2);
			pause = (next.compareTo(this.pollInterval) < 0) ? next : this.pollInterval;
		}
	}

	private void check(ResultSession session, Collection<Long> ids) throws SQLException {
		Set<Long> awaited = new HashSet<>(ids);
		awaited.retainAll(this.pending.ids());
		if (awaited.isEmpty()) {
			return;
		}
		Map<Long, ResultRow> results = session.check(awaited);
		for (Long id : awaited) {
			ResultRow result = results.get(id);
			if (result == null || result.isFinal()) {
				this.pending.of(id).forEach((future) -> this.executor.execute(() -> complete(future, id, result)));
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
	public CompletableFuture<Void> end() {
		CompletableFuture<Void> watchEnded;
		synchronized (this) {
			this.stopped = true;
			watchEnded = (this.watch != null) ? this.watch : CompletableFuture.completedFuture(null);
		}
		for (Long id : this.pending.ids()) {
			this.pending.of(id).forEach((future) -> future.completeExceptionally(stopping()));
		}
		this.pending.wake();
		return watchEnded.thenRun(this.executor::shutdown);
	}

}
