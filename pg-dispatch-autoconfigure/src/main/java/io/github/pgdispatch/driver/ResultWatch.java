package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;

import javax.sql.DataSource;

import io.github.pgdispatch.JobResult;
import io.github.pgdispatch.JobResults;

/**
 * Watches for the ends of jobs as long as somebody waits for one. Where it listens, it
 * holds a connection on which the database notifies it. Otherwise, it looks repeatedly on
 * a connection that it gives back each time.
 *
 * <p>
 * The watch stops after the drivers, whose jobs may wait for other jobs. Futures that are
 * not complete by then are completed exceptionally.
 */
public final class ResultWatch extends DriverLifecycle<ResultWatchRun> implements JobResults {

	private final DataSource dataSource;

	private final ThreadFactory threadFactory;

	private final Duration pollInterval;

	private final boolean listen;

	/**
	 * Creates a watch, which is started. It has no thread and no connection until
	 * somebody waits for a job.
	 * @param dataSource of sessions that have logged in as the role; the watch takes at
	 * most one connection
	 * @param threadFactory of the threads that wait for the database, and on which
	 * futures are completed
	 * @param pollInterval the longest time between two looks without a notification
	 * @param listen whether the database is asked to notify the watch
	 */
	public ResultWatch(DataSource dataSource, ThreadFactory threadFactory, Duration pollInterval, boolean listen) {
		DriverSettings.checkPollInterval(pollInterval);
		this.dataSource = dataSource;
		this.threadFactory = threadFactory;
		this.pollInterval = pollInterval;
		this.listen = listen;
		start();
	}

	@Override
	ResultWatchRun begin() {
		return new ResultWatchRun(this.dataSource, this.threadFactory, this.pollInterval, this.listen);
	}

	@Override
	public CompletableFuture<JobResult> whenEnded(long id) {
		ResultWatchRun run = run();
		return (run != null) ? run.whenEnded(id) : CompletableFuture.failedFuture(ResultWatchRun.stopping());
	}

	@Override
	public int getPhase() {
		return DriverPhases.RESULTS;
	}

}
