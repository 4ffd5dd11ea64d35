package io.github.pgdispatch.samples.features;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.AfterCommitDispatch.OnDuplicate;

import org.springframework.stereotype.Component;

/**
 * Idempotency keys: of several dispatches with the same key, one job runs.
 */
@Component
class IdempotencyKeyExample {

	private final Mailer mailer;

	IdempotencyKeyExample(Mailer mailer) {
		this.mailer = mailer;
	}

	/**
	 * While a job with the key waits, another dispatch adds nothing.
	 */
	@AfterCommitDispatch(key = "refresh #{#name}")
	void refresh(String name) {
		this.mailer.send(name, "Refreshed");
	}

	/**
	 * Debounced: it runs once, a second after the last call and with its arguments.
	 */
	@AfterCommitDispatch(delay = "1s", key = "summary #{#name}", onDuplicate = OnDuplicate.REPLACE)
	void sendSummary(String name, int changes) {
		this.mailer.send(name, changes + " changes");
	}

	/**
	 * Once a day, as the key is kept after the job has ended.
	 */
	@AfterCommitDispatch(key = "news #{#name}", keepKey = "1d")
	void sendNews(String name) {
		this.mailer.send(name, "News of the day");
	}

}
