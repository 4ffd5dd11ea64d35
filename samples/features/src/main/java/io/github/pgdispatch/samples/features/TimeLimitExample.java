package io.github.pgdispatch.samples.features;

import io.github.pgdispatch.AfterCommitDispatch;

import org.springframework.stereotype.Component;

/**
 * Time limits of an attempt. SQL is cancelled, and the thread of a method is interrupted.
 */
@Component
class TimeLimitExample {

	@AfterCommitDispatch(command = "SELECT pg_sleep(60)", timeLimit = "500ms", maxAttempts = 1)
	void computeForAMinute() {
	}

	@AfterCommitDispatch(timeLimit = "500ms", maxAttempts = 1)
	void callForAMinute() {
		try {
			Thread.sleep(60_000);
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException("The call took too long", ex);
		}
	}

}
