package io.github.pgdispatch.samples.migrating.modulith;

import io.github.pgdispatch.samples.migrating.Mailer;

import org.springframework.modulith.events.ApplicationModuleListener;

/**
 * Before.
 */
class WelcomeListener {

	private final Mailer mailer;

	WelcomeListener(Mailer mailer) {
		this.mailer = mailer;
	}

	@ApplicationModuleListener
	void on(SignedUp event) {
		this.mailer.welcome(event.profileId());
	}

}
