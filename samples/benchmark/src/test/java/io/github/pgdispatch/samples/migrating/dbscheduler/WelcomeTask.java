package io.github.pgdispatch.samples.migrating.dbscheduler;

import java.time.Duration;
import java.time.Instant;

import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.task.FailureHandler;
import com.github.kagkarlsson.scheduler.task.TaskDescriptor;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.RecurringTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import com.github.kagkarlsson.scheduler.task.schedule.Schedules;
import io.github.pgdispatch.samples.migrating.Mailer;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.annotation.Transactional;

/**
 * Before: tasks, and who schedules them.
 */
@Configuration(proxyBeanMethods = false)
class WelcomeTask {

	static final TaskDescriptor<Long> WELCOME = TaskDescriptor.of("welcome", Long.class);

	@Bean
	OneTimeTask<Long> welcome(Mailer mailer) {
		return Tasks.oneTime(WELCOME)
			.onFailure(FailureHandler.<Long>maxRetries(5).withBackoff(Duration.ofSeconds(10), 2).thenRemove())
			.execute((task, context) -> mailer.welcome(task.getData()));
	}

	@Bean
	RecurringTask<Void> report(Mailer mailer) {
		return Tasks.recurring("report", Schedules.cron("0 0 6 * * *")).execute((task, context) -> mailer.report());
	}

	static class Profiles {

		private final SchedulerClient client;

		Profiles(SchedulerClient client) {
			this.client = client;
		}

		@Transactional
		void signUp(long profileId) {
			this.client.scheduleIfNotExists(WELCOME.instance("profile " + profileId)
				.data(profileId)
				.scheduledTo(Instant.now().plusSeconds(20)));
		}

	}

}
