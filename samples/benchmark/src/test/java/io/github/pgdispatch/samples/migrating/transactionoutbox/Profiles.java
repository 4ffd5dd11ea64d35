package io.github.pgdispatch.samples.migrating.transactionoutbox;

import com.gruelbox.transactionoutbox.TransactionOutbox;
import io.github.pgdispatch.samples.migrating.Mailer;

import org.springframework.transaction.annotation.Transactional;

/**
 * Before.
 */
class Profiles {

	private final TransactionOutbox outbox;

	Profiles(TransactionOutbox outbox) {
		this.outbox = outbox;
	}

	@Transactional
	void signUp(long profileId) {
		this.outbox.with().uniqueRequestId("welcome " + profileId).schedule(Mailer.class).welcome(profileId);
	}

}
