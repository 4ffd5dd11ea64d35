package io.github.pgdispatch.samples.documentation.snippet;

import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;

@Component
class Listeners {

	private final MailSideEffects sideEffects;

	Listeners(MailSideEffects sideEffects) {
		this.sideEffects = sideEffects;
	}

	@TransactionalEventListener(phase = TransactionPhase.BEFORE_COMMIT)
	void on(SignedUp event) {
		this.sideEffects.welcome(event.profileId());
	}

	@EventListener
	void onSignUp(SignedUp event) {
		this.sideEffects.welcome(event.profileId());
	}

}
