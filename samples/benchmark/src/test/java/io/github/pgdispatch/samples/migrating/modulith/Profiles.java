package io.github.pgdispatch.samples.migrating.modulith;

import org.springframework.context.ApplicationEventPublisher;
import org.springframework.transaction.annotation.Transactional;

/**
 * Before and after.
 */
class Profiles {

	private final ApplicationEventPublisher events;

	Profiles(ApplicationEventPublisher events) {
		this.events = events;
	}

	@Transactional
	void signUp(long profileId) {
		this.events.publishEvent(new SignedUp(profileId));
	}

}
