package io.github.pgdispatch.samples.migrating.modulith;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.samples.migrating.Mailer;

import org.springframework.transaction.annotation.Transactional;

/**
 * After.
 */
class SignUpSideEffects {

	private final Mailer mailer;

	SignUpSideEffects(Mailer mailer) {
		this.mailer = mailer;
	}

	@AfterCommitDispatch
	@Transactional
	void welcome(long profileId) {
		this.mailer.welcome(profileId);
	}

}
