package io.github.pgdispatch.samples.benchmark.peer;

import java.time.Instant;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.task.Task;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.PlainScheduleAndData;
import com.github.kagkarlsson.scheduler.task.helper.RecurringTaskWithPersistentSchedule;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.github.kagkarlsson.scheduler.task.schedule.FixedDelay;
import com.zaxxer.hikari.HikariDataSource;
import io.github.pgdispatch.samples.benchmark.contender.Application;
import io.github.pgdispatch.samples.benchmark.contender.Contender;

import org.springframework.transaction.PlatformTransactionManager;

/**
 * db-scheduler with a recurring task for each job, made at run time.
 *
 * @param dueAt the first due time of all of them
 */
public record RecurringTasks(Instant dueAt) implements Contender {

	@Override
	public Application create(HikariDataSource dataSource, PlatformTransactionManager transactionManager, int threads,
			LongConsumer body) {
		return new DbScheduler(dataSource, threads, new Recurring(task(body), this.dueAt));
	}

	private static RecurringTaskWithPersistentSchedule<PlainScheduleAndData> task(LongConsumer body) {
		return Tasks.recurringWithPersistentSchedule("job", PlainScheduleAndData.class)
			.execute((instance, context) -> body.accept(Long.parseLong(instance.getId())));
	}

	@Override
	public String toString() {
		return Peers.DB_SCHEDULER + ", recurring tasks";
	}

	private record Recurring(RecurringTaskWithPersistentSchedule<PlainScheduleAndData> task,
			Instant dueAt) implements DbSchedulerTasks {

		@Override
		public List<Task<?>> all() {
			return List.of(this.task);
		}

		@Override
		public void schedule(SchedulerClient client, Stream<Long> ids) {
			PlainScheduleAndData hourly = new PlainScheduleAndData(FixedDelay.ofHours(1));
			client.scheduleBatch(
					ids.<TaskInstance<?>>map(
							(id) -> this.task.schedulableInstance(Long.toString(id), hourly).getTaskInstance()),
					this.dueAt);
		}

	}

}
