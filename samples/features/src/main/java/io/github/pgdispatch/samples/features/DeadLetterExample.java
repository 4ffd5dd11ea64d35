package io.github.pgdispatch.samples.features;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DeadLetter;
import io.github.pgdispatch.DeadLetterFilter;
import io.github.pgdispatch.PgDispatchOperations;

import org.springframework.stereotype.Component;
import org.springframework.stereotype.Service;

/**
 * A job that failed for good is a dead letter. It can be looked at, retried and deleted.
 */
@Service
class DeadLetterExample {

	private static final DeadLetterFilter INVITATIONS = DeadLetterFilter.all()
		.handler("invitations.send")
		.text("mail server");

	private final PgDispatchOperations operations;

	DeadLetterExample(PgDispatchOperations operations) {
		this.operations = operations;
	}

	List<String> failures() {
		return this.operations.deadLetters(INVITATIONS).stream().map(DeadLetter::message).toList();
	}

	long retryAll() {
		return this.operations.retry(INVITATIONS);
	}

	long giveUp() {
		return this.operations.delete(INVITATIONS);
	}

	@Component
	static class SideEffects {

		private final AtomicBoolean works = new AtomicBoolean();

		private final Mailer mailer;

		SideEffects(Mailer mailer) {
			this.mailer = mailer;
		}

		void repairMailServer() {
			this.works.set(true);
		}

		@AfterCommitDispatch(name = "invitations.send", maxAttempts = 1)
		void invite(String recipient) {
			if (!this.works.get()) {
				throw new IllegalStateException("The mail server does not answer");
			}
			this.mailer.send(recipient, "You are invited");
		}

	}

}
