package io.github.pgdispatch.autoconfigure;

import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.task.SimpleAsyncTaskExecutorBuilder;
import org.springframework.boot.task.ThreadPoolTaskExecutorBuilder;
import org.springframework.boot.thread.Threading;
import org.springframework.core.env.Environment;
import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;

/**
 * The threads of the drivers, which are virtual if the application uses virtual threads.
 * The builders of the application create the executor that runs methods, so that its
 * decorators and customizers apply. The executor is not a bean, because Spring Boot would
 * not create the executor of the application then. The executor of the application is not
 * used, because claimed jobs would wait in its queue although other nodes could run them.
 */
final class WorkerThreads implements DisposableBean {

	private static final String PREFIX = "pg-dispatch-";

	private final @Nullable String database;

	private final ThreadFactory factory;

	private final Executor executor;

	private final @Nullable ThreadPoolTaskExecutor pool;

	/**
	 * Creates threads.
	 * @param database the name of the database, which is a part of the names of the
	 * threads and of what they log, or {@code null} if there is only one
	 * @param environment tells whether threads are virtual
	 * @param platform builds the executor of other threads
	 * @param virtual builds the executor of virtual threads
	 */
	WorkerThreads(@Nullable String database, Environment environment,
			ObjectProvider<ThreadPoolTaskExecutorBuilder> platform,
			ObjectProvider<SimpleAsyncTaskExecutorBuilder> virtual) {
		this.database = database;
		String prefix = (database != null) ? PREFIX + database + "-" : PREFIX;
		if (Threading.VIRTUAL.isActive(environment)) {
			this.factory = new VirtualThreadTaskExecutor(prefix).getVirtualThreadFactory();
			this.executor = virtual.getIfAvailable(SimpleAsyncTaskExecutorBuilder::new)
				.virtualThreads(true)
				.threadNamePrefix(prefix + "job-")
				.concurrencyLimit(-1)
				.build();
			this.pool = null;
		}
		else {
			CustomizableThreadFactory threads = new CustomizableThreadFactory(prefix);
			threads.setDaemon(true);
			this.factory = threads;
			this.pool = platform.getIfAvailable(ThreadPoolTaskExecutorBuilder::new)
				.threadNamePrefix(prefix + "job-")
				.corePoolSize(0)
				.maxPoolSize(Integer.MAX_VALUE)
				.queueCapacity(0)
				.build();
			this.pool.setDaemon(true);
			this.pool.initialize();
			this.executor = this.pool;
		}
	}

	ThreadFactory factory() {
		return (this.database != null) ? new DatabaseLog(this.database).threads(this.factory) : this.factory;
	}

	Executor executor() {
		return (this.database != null) ? new DatabaseLog(this.database).executor(this.executor) : this.executor;
	}

	@Override
	public void destroy() {
		if (this.pool != null) {
			this.pool.shutdown();
		}
	}

}
