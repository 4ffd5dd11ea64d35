package io.github.pgdispatch.samples.features;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.PgDispatchOperations;

import org.springframework.stereotype.Component;
import org.springframework.stereotype.Service;

/**
 * Pause a handler on all nodes. What is dispatched meanwhile waits. A queue, or
 * everything, can be paused in the same way.
 */
@Service
class PauseExample {

	private final PgDispatchOperations operations;

	PauseExample(PgDispatchOperations operations) {
		this.operations = operations;
	}

	void stopMails() {
		this.operations.pauseHandler("mails.send");
	}

	void sendMailsAgain() {
		this.operations.resumeHandler("mails.send");
	}

	@Component
	static class SideEffects {

		private final Mailer mailer;

		SideEffects(Mailer mailer) {
			this.mailer = mailer;
		}

		@AfterCommitDispatch(name = "mails.send")
		void send(String recipient) {
			this.mailer.send(recipient, "Hello");
		}

	}

}
