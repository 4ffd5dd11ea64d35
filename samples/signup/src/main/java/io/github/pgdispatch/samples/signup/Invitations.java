package io.github.pgdispatch.samples.signup;

import java.util.concurrent.atomic.AtomicBoolean;

import io.github.pgdispatch.AfterCommitDispatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.stereotype.Component;

/**
 * Sends invitations over a server that refuses the first message, so that there is a dead
 * letter to be retried on the dashboard.
 */
@Component
class Invitations {

	private static final Logger logger = LoggerFactory.getLogger(Invitations.class);

	private final AtomicBoolean refused = new AtomicBoolean();

	@AfterCommitDispatch(maxAttempts = 1)
	void invite(String email) {
		if (this.refused.compareAndSet(false, true)) {
			throw new IllegalStateException("The mail server does not accept messages yet. Try it again");
		}
		logger.info("Invited {}", email);
	}

}
