package io.github.pgdispatch.samples.migrating.transactionoutbox;

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

	@AfterCommitDispatch(key = "welcome #{#profileId}", keepKey = "7d")
	void welcome(long profileId) {
		this.mailer.welcome(profileId);
	}

	static class Profiles {

		private final SignUpSideEffects sideEffects;

		Profiles(SignUpSideEffects sideEffects) {
			this.sideEffects = sideEffects;
		}

		@Transactional
		void signUp(long profileId) {
			this.sideEffects.welcome(profileId);
		}

	}

}
