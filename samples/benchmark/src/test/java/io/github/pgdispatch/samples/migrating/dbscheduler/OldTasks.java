package io.github.pgdispatch.samples.migrating.dbscheduler;

import java.time.Duration;
import java.time.Instant;

import com.github.kagkarlsson.scheduler.ScheduledExecution;
import com.github.kagkarlsson.scheduler.ScheduledExecutionsFilter;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.PgDispatchTemplate;

import org.springframework.transaction.annotation.Transactional;

/**
 * Moves tasks whose data only Java can read.
 */
class OldTasks {

	private final SchedulerClient client;

	private final PgDispatchTemplate template;

	OldTasks(SchedulerClient client, PgDispatchTemplate template) {
		this.client = client;
		this.template = template;
	}

	@Transactional
	void move() {
		this.client
			.getScheduledExecutionsForTask("welcome", Long.class, ScheduledExecutionsFilter.all().withPicked(false))
			.forEach(this::move);
	}

	private void move(ScheduledExecution<Long> task) {
		this.client.cancel(task.getTaskInstance());
		Duration delay = Duration.between(Instant.now(), task.getExecutionTime());
		this.template.dispatch(Dispatch.handler("signUpSideEffects.welcome", "{\"profileId\": " + task.getData() + "}")
			.key("welcome " + task.getData())
			.delay(delay.isNegative() ? Duration.ZERO : delay));
	}

}
