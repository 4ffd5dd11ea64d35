package io.github.pgdispatch.autoconfigure;

import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

import io.github.pgdispatch.log.LogContext;

/**
 * Adds the name of a database to whatever is logged by the threads that run its jobs.
 *
 * @param database the name of the database
 * @param context of the log
 */
record DatabaseLog(String database, LogContext context) {

	DatabaseLog(String database) {
		this(database, LogContext.create(DatabaseLog.class.getClassLoader()));
	}

	ThreadFactory threads(ThreadFactory threads) {
		return (task) -> threads.newThread(() -> run(task));
	}

	Executor executor(Executor executor) {
		return (task) -> executor.execute(() -> run(task));
	}

	private void run(Runnable task) {
		try (LogContext.Scope scope = this.context.add(Map.of(LogContext.DATABASE, this.database))) {
			task.run();
		}
	}

}
