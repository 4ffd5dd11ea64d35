package io.github.pgdispatch.samples.benchmark.peer;

import java.time.Instant;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

import javax.sql.DataSource;

import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.task.Task;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.samples.benchmark.contender.Application;
import io.github.pgdispatch.samples.benchmark.contender.Contender;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * db-scheduler, which has no batches, with one as its users build it: each job counts
 * down a row in its transaction, and the one that reaches zero schedules the job that
 * follows, which has the number -1.
 */
public record CountedTasks() implements Contender {

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		return new DbScheduler(dataSource, threads,
				new Counted(dataSource, new TransactionTemplate(transactionManager), body));
	}

	@Override
	public String toString() {
		return Peers.DB_SCHEDULER + " with a row that counts down";
	}

	private static final class Counted implements DbSchedulerTasks {

		private final OneTimeTask<Void> last;

		private final OneTimeTask<Void> task;

		private final JdbcTemplate jdbc;

		private final SchedulerClient client;

		Counted(DataSource dataSource, TransactionTemplate transaction, LongConsumer body) {
			this.jdbc = new JdbcTemplate(dataSource);
			this.jdbc.execute("CREATE TABLE batch (pending bigint NOT NULL)");
			this.last = Tasks.oneTime("last").execute((instance, context) -> body.accept(-1));
			this.client = DbScheduler.client(dataSource, List.of(this.last));
			this.task = Tasks.oneTime("job")
				.execute((instance, context) -> transaction.executeWithoutResult((status) -> {
					body.accept(Long.parseLong(instance.getId()));
					countDown();
				}));
		}

		private void countDown() {
			Long pending = this.jdbc.queryForObject("UPDATE batch SET pending = pending - 1 RETURNING pending",
					Long.class);
			if (pending != null && pending == 0) {
				this.client.scheduleBatch(List.of(this.last.instance("-1")), Instant.now());
			}
		}

		@Override
		public List<Task<?>> all() {
			return List.of(this.task, this.last);
		}

		@Override
		public void schedule(SchedulerClient client, Stream<Long> ids) {
			List<TaskInstance<?>> jobs = ids.<TaskInstance<?>>map((id) -> this.task.instance(Long.toString(id)))
				.toList();
			this.jdbc.update("INSERT INTO batch VALUES (?)", jobs.size());
			client.scheduleBatch(jobs, Instant.now());
		}

	}

}
