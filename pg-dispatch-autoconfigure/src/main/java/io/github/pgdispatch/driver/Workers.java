package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

import javax.sql.DataSource;

import io.github.pgdispatch.gateway.Progress;
import io.github.pgdispatch.gateway.WorkerSession;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.postgresql.util.PSQLState;

import org.springframework.util.backoff.BackOff;
import org.springframework.util.backoff.BackOffExecution;
import org.springframework.util.backoff.ExponentialBackOff;

/**
 * The workers of this node. There are none until they are woken, and no more than there
 * is reason for. Thread-safe.
 */
final class Workers implements Wakeable {

	private static final Log logger = LogFactory.getLog(Workers.class);

	/**
	 * Long against a round trip, short against a shutdown that waits for it.
	 */
	private static final Duration SLICE = Duration.ofMillis(50);

	private static final BackOff TROUBLES = new ExponentialBackOff(100, 2);

	private final DataSource dataSource;

	private final Executor executor;

	private final ScheduledExecutorService canceller;

	private final int threads;

	private final Consumer<Duration> lookIn;

	private final ReentrantLock lock = new ReentrantLock();

	private final AtomicBoolean sessionLost = new AtomicBoolean();

	private final AtomicLong completed = new AtomicLong();

	private BackOffExecution troubles = TROUBLES.start();

	private int working;

	/**
	 * How many times the queue is still to be looked at, each by a worker that is idle by
	 * then.
	 */
	private int looks;

	private boolean stopped;

	private Runnable whenIdle = () -> {
	};

	Workers(DataSource dataSource, Executor executor, ScheduledExecutorService canceller, int threads,
			Consumer<Duration> lookIn) {
		this.dataSource = dataSource;
		this.executor = executor;
		this.canceller = canceller;
		this.threads = threads;
		this.lookIn = lookIn;
	}

	/**
	 * Has the queue looked at once more: at once, by as many idle workers as there are
	 * jobs; and if there are too few, by those that come to the end of their work.
	 * @param jobs how many jobs are known to be due
	 */
	@Override
	public void wake(int jobs) {
		this.lock.lock();
		try {
			this.looks = Math.min(this.threads, this.looks + jobs);
			while (!this.stopped && this.looks > 0 && this.working < this.threads) {
				this.looks--;
				this.working++;
				this.executor.execute(this::work);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private void work() {
		do {
			drain();
		}
		while (anotherLook());
	}

	private boolean anotherLook() {
		this.lock.lock();
		try {
			if (this.looks > 0 && !this.stopped) {
				this.looks--;
				return true;
			}
			this.working--;
			if (this.working == 0) {
				this.whenIdle.run();
			}
			return false;
		}
		finally {
			this.lock.unlock();
		}
	}

	private void drain() {
		try (WorkerSession session = WorkerSession.open(this.dataSource, this.canceller)) {
			drain(session);
		}
		catch (SQLException | RuntimeException | Error ex) {
			logger.warn("A worker found no session to run jobs in: " + ex);
			logger.debug("The cause:", ex);
			inTrouble();
		}
	}

	private void drain(WorkerSession session) {
		Progress progress = Progress.begin(this.sessionLost.getAndSet(false));
		try {
			do {
				progress = session.work(SLICE, progress, () -> this.lookIn.accept(Duration.ZERO));
				report(progress.completed(), progress.failed());
				if (!progress.drained() && !progress.inBatches()) {
					// The next job may take long, and those behind it may have been out
					// of the others'
					// sight when they looked, locked for a batch that has come to
					// nothing.
					wake(1);
				}
			}
			while (!progress.drained() && !isStopped());
			if (progress.outside() && !isStopped()) {
				workOutside(session);
			}
		}
		catch (SQLException | RuntimeException | Error ex) {
			session.discard();
			if (isCancellation(ex)) {
				logger.debug("A batch was cancelled between two jobs", ex);
			}
			else {
				this.sessionLost.set(true);
				logger.warn("A worker lost its session; what it has not committed is run again: " + ex);
				logger.debug("The cause:", ex);
			}
			inTrouble();
		}
	}

	/**
	 * Nothing else runs in that session afterwards, and the next one may have more.
	 */
	private void workOutside(WorkerSession session) throws SQLException {
		wake(1);
		Boolean failed = session.workOutside();
		if (failed != null) {
			report(failed ? 0 : 1, failed ? 1 : 0);
			wake(1);
		}
	}

	private static boolean isCancellation(Throwable ex) {
		return ex instanceof SQLException sql && PSQLState.QUERY_CANCELED.getState().equals(sql.getSQLState());
	}

	private void report(long completed, long failed) {
		this.completed.addAndGet(completed);
		if (failed > 0) {
			logger.warn(failed + " job(s) failed: see pgdispatch.dead_letter");
		}
		this.lock.lock();
		try {
			this.troubles = TROUBLES.start();
		}
		finally {
			this.lock.unlock();
		}
	}

	private void inTrouble() {
		this.lock.lock();
		try {
			this.lookIn.accept(Duration.ofMillis(this.troubles.nextBackOff()));
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public long completed() {
		return this.completed.get();
	}

	private boolean isStopped() {
		this.lock.lock();
		try {
			return this.stopped;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Has the workers stop after the jobs that they are running.
	 * @param whenIdle called when the last one has, on its thread or on this one
	 */
	void stop(Runnable whenIdle) {
		this.lock.lock();
		try {
			this.stopped = true;
			this.whenIdle = whenIdle;
			if (this.working == 0) {
				whenIdle.run();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

}
