package io.github.pgdispatch.driver;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;

import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.log.OneLineLog;

/**
 * The threads that run claimed jobs. Guarded by the lock of {@link ClaimedJobs}.
 */
final class JobThreads {

	private static final OneLineLog logger = OneLineLog.of(JobThreads.class);

	private final Executor executor;

	private final int concurrency;

	private final Function<Claim, Outcome> runner;

	private final ClaimedJobs jobs;

	private int count;

	JobThreads(Executor executor, int concurrency, Function<Claim, Outcome> runner, ClaimedJobs jobs) {
		this.executor = executor;
		this.concurrency = concurrency;
		this.runner = runner;
		this.jobs = jobs;
	}

	/**
	 * Starts threads for waiting jobs, if there may be more threads.
	 * @param waiting number of waiting jobs
	 * @return whether there is a new thread for each of them
	 */
	boolean start(int waiting) {
		int missing = Math.min(this.concurrency - this.count, waiting);
		for (int i = 0; i < missing; i++) {
			if (!execute(this::run)) {
				return false;
			}
		}
		return missing == waiting;
	}

	/**
	 * Starts a thread that does something before it runs waiting jobs, if there may be
	 * one more thread.
	 * @param first what the thread does, which does not throw
	 * @return whether there is a new thread
	 */
	boolean startAfter(Runnable first) {
		return this.count < this.concurrency && execute(() -> {
			first.run();
			run();
		});
	}

	private boolean execute(Runnable thread) {
		try {
			this.count++;
			this.executor.execute(thread);
			return true;
		}
		catch (RejectedExecutionException | OutOfMemoryError ex) {
			// Java throws the latter when the system has no thread left.
			this.count--;
			logger.debug("The executor has no thread left for jobs", ex);
			return false;
		}
	}

	/**
	 * Notes that a thread ends, as no job is waiting.
	 */
	void ended() {
		this.count--;
	}

	/**
	 * Runs waiting jobs on the current thread until none is left. Called without the
	 * lock.
	 */
	private void run() {
		Claim claim;
		while ((claim = this.jobs.begin()) != null) {
			this.jobs.end(run(claim));
		}
	}

	private Outcome run(Claim claim) {
		try {
			return this.runner.apply(claim);
		}
		catch (Throwable ex) {
			// For example an error while one is reported. The job must end all the same.
			return Outcome.failed(claim, ex, true, null);
		}
	}

}
