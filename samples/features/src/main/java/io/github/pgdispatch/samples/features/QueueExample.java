package io.github.pgdispatch.samples.features;

import java.time.Duration;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.QueueLimits;

import org.springframework.stereotype.Component;
import org.springframework.stereotype.Service;

/**
 * Queues limit how many jobs run at once and how many begin in a period, on all nodes
 * together. The queue {@code newsletters} is in {@code application.yaml}, and those of
 * tenants are made at run time.
 */
@Service
class QueueExample {

	private final PgDispatchOperations operations;

	QueueExample(PgDispatchOperations operations) {
		this.operations = operations;
	}

	void addTenant(String tenant) {
		this.operations.setQueue("reports of " + tenant,
				QueueLimits.none().concurrency(1).rate(10, Duration.ofSeconds(1)));
	}

	@Component
	static class SideEffects {

		private final Mailer mailer;

		SideEffects(Mailer mailer) {
			this.mailer = mailer;
		}

		@AfterCommitDispatch(queue = "newsletters")
		void sendNewsletter(String recipient, int number) {
			this.mailer.send(recipient, "Newsletter " + number);
		}

		@AfterCommitDispatch(queue = "reports of #{#tenant}")
		void report(String tenant) {
			this.mailer.send(tenant, "Your report");
		}

	}

}
