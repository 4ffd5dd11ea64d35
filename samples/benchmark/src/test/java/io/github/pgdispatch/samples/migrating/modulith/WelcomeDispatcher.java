package io.github.pgdispatch.samples.migrating.modulith;

import org.springframework.context.event.EventListener;

/**
 * After: what hears the event in the transaction of the publisher.
 */
class WelcomeDispatcher {

	private final SignUpSideEffects sideEffects;

	WelcomeDispatcher(SignUpSideEffects sideEffects) {
		this.sideEffects = sideEffects;
	}

	@EventListener
	void on(SignedUp event) {
		this.sideEffects.welcome(event.profileId());
	}

}
