package io.github.pgdispatch.samples.features;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.AfterCommitDispatch.OnFailure;

import org.springframework.stereotype.Component;

/**
 * Jobs with the same ordering key run one after the other, in the order of their
 * dispatch. Those of other keys do not wait for them.
 */
@Component
class OrderingKeyExample {

	private final Mailer mailer;

	OrderingKeyExample(Mailer mailer) {
		this.mailer = mailer;
	}

	@AfterCommitDispatch(orderingKey = "changes of #{#name}")
	void publish(String name, String change) {
		this.mailer.send(name, change);
	}

	/**
	 * The jobs behind one that failed go on. By default, they would wait until its dead
	 * letter has been retried with success or deleted.
	 */
	@AfterCommitDispatch(orderingKey = "news for #{#name}", onFailure = OnFailure.PASS, maxAttempts = 1)
	void sendNews(String name, String news) {
		if (news.isBlank()) {
			throw new IllegalArgumentException("There is no news");
		}
		this.mailer.send(name, news);
	}

}
