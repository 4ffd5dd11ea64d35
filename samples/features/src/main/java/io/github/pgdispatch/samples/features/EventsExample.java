package io.github.pgdispatch.samples.features;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.event.DeadLetterEvent;

import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * Alerts when a job has failed for good.
 */
@Component
class EventsExample {

	private final Mailer mailer;

	EventsExample(Mailer mailer) {
		this.mailer = mailer;
	}

	@EventListener
	void on(DeadLetterEvent event) {
		if ("backup.run".equals(event.handler())) {
			this.mailer.send("operator", "Job " + event.jobId() + " has failed for good: " + event.message());
		}
	}

	@Component
	static class SideEffects {

		@AfterCommitDispatch(name = "backup.run", maxAttempts = 1)
		void backUp() {
			throw new IllegalStateException("No space left");
		}

	}

}
