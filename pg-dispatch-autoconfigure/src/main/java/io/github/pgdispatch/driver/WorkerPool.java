package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
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
final class WorkerPool implements Wakeable {

	private static final Log logger = LogFactory.getLog(WorkerPool.class);

	/**
	 * Long against a round trip, short against a shutdown that waits for it.
	 */
	private static final Duration SLICE = Duration.ofMillis(20);

	/**
	 * How soon a worker that runs a quick job looks at the queue again. One that does not
	 * runs one that takes its time, and others have to look.
	 */
	private static final Duration SOON = Duration.ofMillis(5);

	/**
	 * The same for one that runs batches, of which the last one may begin at the end of
	 * its slice, and takes ten milliseconds where there are as many.
	 */
	private static final Duration SOON_IN_BATCHES = Duration.ofMillis(40);

	private static final BackOff TROUBLES = new ExponentialBackOff(100, 2);

	private final DataSource dataSource;

	private final Executor executor;

	private final ScheduledExecutorService scheduler;

	private final int threads;

	private final Consumer<Duration> lookIn;

	private final ReentrantLock lock = new ReentrantLock();

	private final AtomicBoolean sessionLost = new AtomicBoolean();

	private final AtomicLong completed = new AtomicLong();

	private BackOffExecution troubles = TROUBLES.start();

	private final BatchDelay gathering = new BatchDelay();

	private int working;

	/**
	 * How many jobs there was word of.
	 */
	private long announced;

	/**
	 * Of how many of these a worker has made sure that somebody runs them.
	 */
	private long seen;

	/**
	 * How many jobs the last drain found, if all of them were quick and none failed.
	 */
	private long company;

	/**
	 * How many jobs the last look ran, if it ran them in batches.
	 */
	private long ranInBatches;

	/**
	 * By when a worker is likely to look again, as {@link System#nanoTime()} tells the
	 * time.
	 */
	private long nextLook = System.nanoTime();

	private boolean startsLater;

	private boolean stopped;

	private Runnable whenIdle = () -> {
	};

	WorkerPool(DataSource dataSource, Executor executor, ScheduledExecutorService scheduler, int threads,
			Consumer<Duration> lookIn) {
		this.dataSource = dataSource;
		this.executor = executor;
		this.scheduler = scheduler;
		this.threads = threads;
		this.lookIn = lookIn;
	}

	/**
	 * Has the queue looked at once more: at once if no worker is likely to do so soon,
	 * and by as many idle workers as there are jobs if none has done so by then.
	 * @param jobs how many jobs are known to be due
	 */
	@Override
	public void wake(int jobs) {
		this.lock.lock();
		try {
			this.announced += jobs;
			if (!this.stopped && this.working < this.threads) {
				startInTime();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private void startInTime() {
		long gathering = this.gathering.left();
		if (this.working > 0 && gathering < untilNextLook()) {
			startLater(untilNextLook(), this.announced);
		}
		else if (gathering > 0) {
			startLater(gathering, this.seen);
		}
		else {
			startOne();
		}
	}

	private long untilNextLook() {
		return this.nextLook - System.nanoTime();
	}

	private void looksSoon(boolean inBatches) {
		this.nextLook = System.nanoTime() + (inBatches ? SOON_IN_BATCHES : SOON).toNanos();
	}

	/**
	 * Starts a worker, and others later if it does not look at all of the jobs by then.
	 */
	private void startOne() {
		start(1);
		if (this.announced - this.seen > 1) {
			startLater(untilNextLook(), this.announced);
		}
	}

	private void start(long workers) {
		for (long i = 0; i < workers; i++) {
			this.working++;
			looksSoon(this.company > 1);
			this.executor.execute(this::work);
		}
	}

	private void startLater(long nanos, long announced) {
		if (!this.startsLater) {
			this.startsLater = true;
			this.scheduler.schedule(() -> startNow(announced), nanos, TimeUnit.NANOSECONDS);
		}
	}

	private void startNow(long announced) {
		this.lock.lock();
		try {
			this.startsLater = false;
			if (this.stopped || this.working == this.threads) {
				return;
			}
			if (announced > this.seen && !keepUp()) {
				// Those that are there may be slow, or have run into slow jobs.
				long wanted = Math.min(announced - this.seen, Math.max(this.working, 1));
				start(Math.min(wanted, this.threads - this.working));
				startLater(untilNextLook(), announced);
			}
			else if (this.announced > this.seen) {
				startInTime();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Whether those that are there run jobs as fast as they come: some have come during
	 * the last look, and some since.
	 */
	private boolean keepUp() {
		return untilNextLook() > 0 && this.announced - this.seen <= 2 * this.ranInBatches;
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
			if (this.announced > this.seen && !this.stopped) {
				long wait = this.gathering.left();
				if (wait <= 0) {
					return true;
				}
				startLater(wait, this.seen);
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

	private Progress begin() {
		this.lock.lock();
		try {
			return this.sessionLost.getAndSet(false) ? Progress.beginInIsolation() : Progress.begin(this.company);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Takes note of a look that begins.
	 * @param progress with which it does
	 * @return how many jobs there was word of before it
	 */
	private long lookBegins(Progress progress) {
		this.lock.lock();
		try {
			looksSoon(progress.inBatches());
			return this.announced;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Takes note of jobs that a drain has run, which has not ended yet. They are the
	 * oldest ones.
	 * @param announced how many jobs there was word of before it looked
	 * @param completed how many it has run since
	 * @param inBatches whether it ran them in batches
	 */
	private void ran(long announced, long completed, boolean inBatches) {
		this.lock.lock();
		try {
			this.seen = Math.max(this.seen, Math.min(this.seen + completed, announced));
			this.ranInBatches = inBatches ? completed : 0;
			this.troubles = TROUBLES.start();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Takes note of the end of a drain.
	 * @param announced how many jobs there was word of before its last look
	 * @param company how many jobs it found, if all of them were quick and none failed
	 */
	private void looked(long announced, long company) {
		this.lock.lock();
		try {
			this.seen = Math.max(this.seen, announced);
			this.company = company;
			this.gathering.begin(company);
		}
		finally {
			this.lock.unlock();
		}
	}

	private void drain() {
		Progress progress = begin();
		long announced = lookBegins(progress);
		try (WorkerSession session = WorkerSession.open(this.dataSource, this.scheduler)) {
			drain(session, progress);
		}
		catch (SQLException | RuntimeException | Error ex) {
			logger.warn("A worker found no session to run jobs in: " + ex);
			logger.debug("The cause:", ex);
			looked(announced, 0);
			inTrouble();
		}
	}

	private void drain(WorkerSession session, Progress progress) {
		long announced = 0;
		long company = 0;
		try {
			do {
				announced = lookBegins(progress);
				boolean inBatches = progress.inBatches();
				progress = session.work(SLICE, progress, () -> this.lookIn.accept(Duration.ZERO));
				company = (progress.failed() == 0) ? company + progress.completed() : 0;
				report(progress.completed(), progress.failed());
				ran(announced, progress.completed(), inBatches);
				if (!progress.drained() && !progress.inBatches()) {
					// The next job may take long, and those behind it may have been
					// locked for a batch that has come to nothing when others looked.
					company = 0;
					wake(1);
				}
			}
			while (!progress.drained() && !progress.nonTransactional() && !isStopped());
			if (progress.nonTransactional() && !isStopped()) {
				workNonTransactionally(session);
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
			company = 0;
			inTrouble();
		}
		finally {
			looked(announced, company);
		}
	}

	/**
	 * Nothing else runs in that session afterwards, and the next one may have more.
	 */
	private void workNonTransactionally(WorkerSession session) throws SQLException {
		wake(1);
		Boolean failed = session.workNonTransactionally();
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
