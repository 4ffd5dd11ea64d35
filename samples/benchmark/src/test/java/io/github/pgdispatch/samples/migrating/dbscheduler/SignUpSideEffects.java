package io.github.pgdispatch.samples.migrating.dbscheduler;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchSchedule;
import io.github.pgdispatch.Schedule.Missed;
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

	@AfterCommitDispatch(delay = "20s", key = "welcome #{#profileId}", keepKey = "0s", maxAttempts = 6, backOff = "10s")
	void welcome(long profileId) {
		this.mailer.welcome(profileId);
	}

	@DispatchSchedule(cron = "0 0 6 * * *", zone = "Europe/Berlin", missed = Missed.ONCE)
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
