package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

import javax.sql.DataSource;

/**
 * The workers of this node, which run SQL jobs. There are none until the pool is woken,
 * and no more than are needed. Thread-safe.
 */
final class WorkerPool implements Wakeable {

	/**
	 * Time after which a worker looks from the start of the queue, if jobs were announced
	 * and the workers that are there go on from their positions.
	 */
	private static final Duration FROM_START_AFTER = Duration.ofMillis(50);

	/**
	 * Minimum ratio of the time between two such looks to the time that one takes.
	 */
	private static final int FROM_START_PAUSE = 10;

	private static final Duration MAX_FROM_START_PAUSE = Duration.ofMillis(500);

	private final Executor executor;

	private final ScheduledExecutorService scheduler;

	private final int threads;

	private final QueueDrain drain;

	private final ReentrantLock lock = new ReentrantLock();

	private final AnnouncedJobs jobs = new AnnouncedJobs(System::nanoTime);

	private int working;

	private boolean startScheduled;

	private boolean lookFromStartScheduled;

	private long pauseBeforeLookFromStart = FROM_START_AFTER.toNanos();

	private boolean stopped;

	private boolean draining;

	private Runnable whenIdle = () -> {
	};

	/**
	 * Creates a pool without workers.
	 * @param dataSource that provides a connection for each worker
	 * @param executor that runs the workers
	 * @param scheduler that starts further workers and cancels chunks
	 * @param threads maximum number of workers
	 * @param scheduleLook has the queue looked at after a delay
	 * @param sessions of the workers, which somebody checks
	 * @param reports of the driver
	 */
	WorkerPool(DataSource dataSource, Executor executor, ScheduledExecutorService scheduler, int threads,
			Consumer<Duration> scheduleLook, FrozenSessions sessions, DriverReports reports) {
		this.executor = executor;
		this.scheduler = scheduler;
		this.threads = threads;
		this.drain = new QueueDrain(dataSource, scheduler, scheduleLook, this, sessions, reports);
	}

	/**
	 * Has a worker look at the queue: a new one at once, unless one that is there
	 * probably looks soon. If none has looked by then, as many workers are started as
	 * there are jobs.
	 * @param jobs number of jobs that are known to be due
	 */
	@Override
	public void wake(int jobs) {
		this.lock.lock();
		try {
			this.jobs.announce(jobs);
			if (!isHeld() && this.working < this.threads) {
				startInTime();
				scheduleLookFromStart();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private void startInTime() {
		long chunkDelay = this.jobs.untilEndOfChunkDelay();
		if (this.working > 0 && chunkDelay < this.jobs.untilNextLook()) {
			scheduleStart(this.jobs.untilNextLook(), this.jobs.announced());
		}
		else if (chunkDelay > 0) {
			scheduleStart(chunkDelay, this.jobs.seen());
		}
		else {
			startOne();
		}
	}

	/**
	 * Starts a worker, and others later if it has not seen all of the jobs by then.
	 */
	private void startOne() {
		start(1);
		if (this.jobs.announced() - this.jobs.seen() > 1) {
			scheduleStart(this.jobs.untilNextLook(), this.jobs.announced());
		}
	}

	private void start(long workers) {
		for (long i = 0; i < workers; i++) {
			this.working++;
			this.jobs.workerStarts();
			this.executor.execute(this::work);
		}
	}

	/**
	 * Schedules the start of workers, unless one is scheduled.
	 * @param nanos the delay
	 * @param announced number of announced jobs of which workers should have seen all by
	 * then
	 */
	private void scheduleStart(long nanos, long announced) {
		if (!this.startScheduled) {
			this.startScheduled = true;
			this.scheduler.schedule(() -> startIfNeeded(announced), nanos, TimeUnit.NANOSECONDS);
		}
	}

	private void startIfNeeded(long announced) {
		this.lock.lock();
		try {
			this.startScheduled = false;
			if (isHeld() || this.working == this.threads) {
				return;
			}
			long unseen = announced - this.jobs.seen();
			if (unseen > 0 && !this.jobs.keepsUp()) {
				// The workers that are there may be slow, or may have come across slow
				// jobs. Their number is doubled at most.
				long needed = Math.min(unseen, Math.max(this.working, 1));
				start(Math.min(needed, this.threads - this.working));
				scheduleStart(this.jobs.untilNextLook(), announced);
			}
			else if (this.jobs.hasUnseen()) {
				startInTime();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Schedules a look from the start of the queue, unless one is scheduled, or no worker
	 * goes on from its position.
	 */
	private void scheduleLookFromStart() {
		if (this.working > 0 && !this.lookFromStartScheduled) {
			this.lookFromStartScheduled = true;
			this.scheduler.schedule(this::lookFromStartIfNeeded, this.pauseBeforeLookFromStart, TimeUnit.NANOSECONDS);
		}
	}

	private void lookFromStartIfNeeded() {
		this.lock.lock();
		try {
			this.lookFromStartScheduled = false;
			if (isHeld() || this.working == 0 || !this.jobs.mayBeMissed()) {
				return;
			}
			if (this.working < this.threads) {
				this.working++;
				this.executor.execute(this::lookFromStart);
			}
			scheduleLookFromStart();
		}
		finally {
			this.lock.unlock();
		}
	}

	private void lookFromStart() {
		long begin = System.nanoTime();
		this.drain.lookFromStart();
		setPauseBeforeLookFromStart(System.nanoTime() - begin);
		if (drainsAgain()) {
			work();
		}
	}

	private void setPauseBeforeLookFromStart(long duration) {
		this.lock.lock();
		try {
			this.pauseBeforeLookFromStart = Math.min(MAX_FROM_START_PAUSE.toNanos(),
					Math.max(FROM_START_AFTER.toNanos(), FROM_START_PAUSE * duration));
		}
		finally {
			this.lock.unlock();
		}
	}

	private void work() {
		do {
			this.drain.run();
		}
		while (drainsAgain());
	}

	private boolean drainsAgain() {
		this.lock.lock();
		try {
			if (this.jobs.hasUnseen() && !isHeld()) {
				long chunkDelay = this.jobs.untilEndOfChunkDelay();
				if (chunkDelay <= 0) {
					return true;
				}
				scheduleStart(chunkDelay, this.jobs.seen());
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

	/**
	 * Returns the number of jobs of the last drain if all of them were quick and none
	 * failed, otherwise 0.
	 */
	long quickJobs() {
		this.lock.lock();
		try {
			return this.jobs.quickJobs();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Returns the number of jobs that were announced so far.
	 */
	long announced() {
		this.lock.lock();
		try {
			return this.jobs.announced();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Notes that a look begins.
	 * @param inChunks whether it runs jobs in chunks
	 * @return the number of jobs that were announced before the look
	 */
	long lookBegins(boolean inChunks) {
		this.lock.lock();
		try {
			this.jobs.lookBegins(inChunks);
			return this.jobs.announced();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Notes the end of a look, see {@link AnnouncedJobs#lookEnded}.
	 */
	void lookEnded(long announcedBefore, long ran, boolean inChunks) {
		this.lock.lock();
		try {
			this.jobs.lookEnded(announcedBefore, ran, inChunks);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Notes the end of a look, see {@link AnnouncedJobs#lookFromStartEnded}.
	 */
	void lookFromStartEnded(long announcedBefore, long ran) {
		this.lock.lock();
		try {
			this.jobs.lookFromStartEnded(announcedBefore, ran);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Notes the end of a drain, see {@link AnnouncedJobs#drainEnded}.
	 */
	void drainEnded(long announcedBefore, long quickJobs) {
		this.lock.lock();
		try {
			this.jobs.drainEnded(announcedBefore, quickJobs);
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public long completed() {
		return this.drain.completed();
	}

	@Override
	public boolean isIdle() {
		this.lock.lock();
		try {
			return this.working == 0 && !this.startScheduled && !this.jobs.hasUnseen();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Returns the number of workers that have not stopped.
	 */
	int working() {
		this.lock.lock();
		try {
			return this.working;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Returns whether workers are to stop after the jobs that they are running.
	 */
	boolean isHeld() {
		this.lock.lock();
		try {
			return this.stopped || this.draining;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Has the workers stop after the jobs that they are running, and starts no others
	 * until {@link #resume()}. Whoever resumes looks at the queue.
	 */
	void drain() {
		setDraining(true);
	}

	void resume() {
		setDraining(false);
	}

	private void setDraining(boolean draining) {
		this.lock.lock();
		try {
			this.draining = draining;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Has the workers stop after the jobs that they are running.
	 * @param whenIdle called when the last worker has stopped, on its thread or on the
	 * current one
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
