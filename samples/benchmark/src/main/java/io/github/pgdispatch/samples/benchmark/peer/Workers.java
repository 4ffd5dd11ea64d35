package io.github.pgdispatch.samples.benchmark.peer;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import io.github.pgdispatch.samples.benchmark.contender.Background;
import org.jspecify.annotations.Nullable;

import org.springframework.core.task.TaskExecutor;

/**
 * The threads of a peer that hands a job to a pool after the commit. While it is stopped,
 * what it is given is dropped, and so the job stays in the database, as if the process
 * had died.
 */
final class Workers implements Executor, TaskExecutor {

	private final int threads;

	private volatile @Nullable ThreadPoolExecutor pool;

	Workers(int threads) {
		this.threads = threads;
	}

	@Override
	public void execute(Runnable task) {
		ThreadPoolExecutor pool = this.pool;
		if (pool != null) {
			pool.execute(task);
		}
	}

	/**
	 * How many tasks wait for a thread.
	 */
	int queued() {
		ThreadPoolExecutor pool = this.pool;
		return (pool != null) ? pool.getQueue().size() : 0;
	}

	void start() {
		ThreadPoolExecutor pool = new ThreadPoolExecutor(this.threads, this.threads, 0, TimeUnit.SECONDS,
				new LinkedBlockingQueue<>());
		pool.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
		this.pool = pool;
	}

	/**
	 * Waits for the running ones, and drops the queued ones.
	 */
	void stop() {
		ThreadPoolExecutor pool = this.pool;
		this.pool = null;
		if (pool != null) {
			pool.shutdown();
			pool.getQueue().clear();
			Background.await(pool);
		}
	}

}
