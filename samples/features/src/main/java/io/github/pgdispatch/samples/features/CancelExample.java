package io.github.pgdispatch.samples.features;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

import io.github.pgdispatch.Cancellation;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.JobInfo;
import io.github.pgdispatch.PgDispatchTemplate;

import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * Find a job by its id, and cancel it.
 */
@Service
class CancelExample {

	private final PgDispatchTemplate template;

	CancelExample(PgDispatchTemplate template) {
		this.template = template;
	}

	@Transactional
	long remindTomorrow(String name) {
		return this.template.dispatch(
				Dispatch.sql("INSERT INTO mail (recipient, text) VALUES (:name, 'Reminder')", Map.of("name", name))
					.delay(Duration.ofDays(1)));
	}

	Optional<JobInfo> find(long job) {
		return this.template.find(job);
	}

	@Transactional
	Cancellation doNotRemind(long job) {
		return this.template.cancel(job);
	}

}
