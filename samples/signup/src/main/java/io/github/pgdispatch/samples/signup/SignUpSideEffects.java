package io.github.pgdispatch.samples.signup;

import io.github.pgdispatch.AfterCommitDispatch;

import org.springframework.stereotype.Component;

/**
 * What a sign-up causes and does not wait for. The statistics are not here: the table has
 * a trigger for them, see schema.sql.
 */
@Component
class SignUpSideEffects {

	private final Mailer mailer;

	SignUpSideEffects(Mailer mailer) {
		this.mailer = mailer;
	}

	@AfterCommitDispatch("SELECT signup.notify_followers(:profileId)")
	void notifyFollowers(long profileId) {
	}

	@AfterCommitDispatch(command = "SELECT signup.remind(:profileId)", delay = "5s")
	void remind(long profileId) {
	}

	@AfterCommitDispatch(delay = "1s")
	void welcome(long profileId) {
		this.mailer.welcome(profileId);
	}

}
