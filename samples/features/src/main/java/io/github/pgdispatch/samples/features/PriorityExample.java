package io.github.pgdispatch.samples.features;

import io.github.pgdispatch.AfterCommitDispatch;

import org.springframework.stereotype.Component;

/**
 * A priority in seconds: the job runs before others that became due up to 30 seconds
 * earlier. Those that have waited for longer go first, so that none starves.
 */
@Component
class PriorityExample {

	private final Mailer mailer;

	PriorityExample(Mailer mailer) {
		this.mailer = mailer;
	}

	@AfterCommitDispatch(priority = 30)
	void resetPassword(String recipient) {
		this.mailer.send(recipient, "Your new password");
	}

	@AfterCommitDispatch
	void sendNews(String recipient, int number) {
		this.mailer.send(recipient, "News " + number);
	}

}
