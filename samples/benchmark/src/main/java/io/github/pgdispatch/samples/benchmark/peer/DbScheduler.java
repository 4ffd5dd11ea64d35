package io.github.pgdispatch.samples.benchmark.peer;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import javax.sql.DataSource;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.task.Task;
import io.github.pgdispatch.samples.benchmark.contender.Application;
import io.github.pgdispatch.samples.benchmark.contender.Background;
import org.jspecify.annotations.Nullable;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * db-scheduler: tasks, whose instance is the id of the job.
 */
final class DbScheduler implements Application {

	private final DataSource dataSource;

	private final int threads;

	private final DbSchedulerTasks tasks;

	private final SchedulerClient client;

	private volatile @Nullable Scheduler scheduler;

	DbScheduler(DataSource dataSource, int threads, DbSchedulerTasks tasks) {
		new ResourceDatabasePopulator(new ClassPathResource("db-scheduler.sql", DbScheduler.class)).execute(dataSource);
		this.dataSource = dataSource;
		this.threads = threads;
		this.tasks = tasks;
		this.client = client(dataSource, tasks.all());
	}

	/**
	 * As its documentation advises, for a client that joins the transaction.
	 */
	static SchedulerClient client(DataSource dataSource, List<Task<?>> tasks) {
		return SchedulerClient.Builder.create(new TransactionAwareDataSourceProxy(dataSource), tasks).build();
	}

	@Override
	public void dispatch(long id) {
		this.tasks.schedule(this.client, Stream.of(id));
		hint();
	}

	@Override
	public void dispatchAll(int number) {
		this.tasks.schedule(this.client, Stream.iterate(0L, (id) -> id + 1).limit(number));
		hint();
	}

	private void hint() {
		Scheduler scheduler = this.scheduler;
		if (scheduler != null) {
			TransactionSynchronizationManager.registerSynchronization(new Hint(scheduler));
		}
	}

	/**
	 * Lock-and-fetch with 1.0 and 4.0 is what its documentation advises for high
	 * throughput. The polling interval is only for what the hints miss, and for what is
	 * due later.
	 */
	@Override
	public void start() {
		Scheduler scheduler = Scheduler.create(this.dataSource, this.tasks.all())
			.threads(this.threads)
			.pollUsingLockAndFetch(1.0, 4.0)
			.pollingInterval(Duration.ofMillis(100))
			.build();
		scheduler.start();
		this.scheduler = scheduler;
	}

	@Override
	public void stop() {
		Scheduler scheduler = this.scheduler;
		this.scheduler = null;
		if (scheduler != null) {
			scheduler.stop();
		}
	}

	@Override
	public long waiting() {
		return Background.count(this.dataSource, "scheduled_tasks");
	}

	@Override
	public void close() {
		stop();
	}

	/**
	 * {@code enableImmediateExecution} would look before the commit, and see nothing; for
	 * that, its documentation names this method. A record, so that a transaction has but
	 * one, however many jobs it writes.
	 */
	private record Hint(Scheduler scheduler) implements TransactionSynchronization {

		@Override
		public void afterCommit() {
			this.scheduler.triggerCheckForDueExecutions();
		}

	}

}
