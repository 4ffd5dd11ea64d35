package io.github.pgdispatch.samples.migrating.jobrunr;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchSchedule;
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
	void welcome(long profileId) {
		this.mailer.welcome(profileId);
	}

	@DispatchSchedule(cron = "0 0 6 * * *", zone = "Europe/Berlin")
	void report() {
		this.mailer.report();
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
