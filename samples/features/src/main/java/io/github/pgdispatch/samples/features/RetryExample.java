package io.github.pgdispatch.samples.features;

import java.time.Duration;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.RetryAfterException;

import org.springframework.stereotype.Component;

/**
 * Attempts and back-off. Each method here fails in its first attempt.
 */
@Component
class RetryExample {

	private final Mailer mailer;

	RetryExample(Mailer mailer) {
		this.mailer = mailer;
	}

	/**
	 * Up to five attempts, after 100 ms, 300 ms, 900 ms and 1 second.
	 */
	@AfterCommitDispatch(maxAttempts = 5, backOff = "100ms", backOffMultiplier = "3", maxBackOff = "1s")
	void send(String recipient, DispatchContext context) {
		if (context.attempt() == 1) {
			throw new IllegalStateException("The mail server does not answer");
		}
		this.mailer.send(recipient, "Attempt " + context.attempt());
	}

	/**
	 * The method says when to come again.
	 */
	@AfterCommitDispatch
	void sendWhenAskedTo(String recipient, DispatchContext context) {
		if (context.attempt() == 1) {
			throw new RetryAfterException(Duration.ofMillis(200), "The mail server is busy");
		}
		this.mailer.send(recipient, "Attempt " + context.attempt());
	}

	/**
	 * No second attempt, as it would fail in the same way.
	 */
	@AfterCommitDispatch(noRetryOn = IllegalArgumentException.class)
	void refuse(String recipient) {
		throw new IllegalArgumentException("There is no such address");
	}

}
