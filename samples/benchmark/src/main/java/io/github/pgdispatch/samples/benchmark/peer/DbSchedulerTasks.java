package io.github.pgdispatch.samples.benchmark.peer;

import java.time.Instant;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.task.Task;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;

/**
 * What db-scheduler runs.
 */
interface DbSchedulerTasks {

	List<Task<?>> all();

	/**
	 * Schedules instances in the current transaction. As a batch, since otherwise
	 * db-scheduler looks first whether there is such a one.
	 */
	void schedule(SchedulerClient client, Stream<Long> ids);

	/**
	 * Tasks that run once, as soon as they can.
	 * @param body what a job does
	 */
	static DbSchedulerTasks once(LongConsumer body) {
		return once(Tasks.oneTime("job").execute((instance, context) -> body.accept(Long.parseLong(instance.getId()))));
	}

	private static DbSchedulerTasks once(OneTimeTask<Void> task) {
		return new DbSchedulerTasks() {

			@Override
			public List<Task<?>> all() {
				return List.of(task);
			}

			@Override
			public void schedule(SchedulerClient client, Stream<Long> ids) {
				client.scheduleBatch(ids.<TaskInstance<?>>map((id) -> task.instance(Long.toString(id))), Instant.now());
			}

		};
	}

}
