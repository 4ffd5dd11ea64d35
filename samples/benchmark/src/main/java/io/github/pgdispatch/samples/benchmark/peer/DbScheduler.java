package io.github.pgdispatch.samples.benchmark.peer;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.LongConsumer;

import javax.sql.DataSource;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import io.github.pgdispatch.samples.benchmark.contender.Application;
import io.github.pgdispatch.samples.benchmark.contender.Background;
import org.jspecify.annotations.Nullable;

import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * db-scheduler: one-time tasks, whose instance is the id of the job.
 */
final class DbScheduler implements Application {

	private final DataSource dataSource;

	private final int threads;

	private final OneTimeTask<Void> task;

	private final SchedulerClient client;

	private volatile @Nullable Scheduler scheduler;

	DbScheduler(DataSource dataSource, PlatformTransactionManager transactionManager, int threads, LongConsumer body) {
		new ResourceDatabasePopulator(new ClassPathResource("db-scheduler.sql", DbScheduler.class)).execute(dataSource);
		this.dataSource = dataSource;
		this.threads = threads;
		this.task = Tasks.oneTime("job").execute((instance, context) -> body.accept(Long.parseLong(instance.getId())));
		// As its documentation advises, for a client that joins the transaction.
		this.client = SchedulerClient.Builder.create(new TransactionAwareDataSourceProxy(dataSource), this.task)
			.build();
	}

	@Override
	public void dispatch(long id) {
		// As a batch, since otherwise it looks first whether there is such a one.
		this.client.scheduleBatch(List.of(this.task.instance(Long.toString(id))), Instant.now());
		Scheduler scheduler = this.scheduler;
		if (scheduler != null) {
			TransactionSynchronizationManager.registerSynchronization(new Hint(scheduler));
		}
	}

	/**
	 * Lock-and-fetch with 1.0 and 4.0 is what its documentation advises for high
	 * throughput. The polling interval is only for what the hints miss.
	 */
	@Override
	public void start() {
		Scheduler scheduler = Scheduler.create(this.dataSource, this.task)
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
