package io.github.pgdispatch.samples.features;

import io.github.pgdispatch.AfterCommitDispatch;

import org.springframework.stereotype.Component;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;

/**
 * A listener that dispatches. It is called before the commit, as the row of the job is
 * part of the transaction.
 */
@Component
class EventListenerExample {

	private final SideEffects sideEffects;

	EventListenerExample(SideEffects sideEffects) {
		this.sideEffects = sideEffects;
	}

	@TransactionalEventListener(phase = TransactionPhase.BEFORE_COMMIT)
	void on(SignedUp event) {
		this.sideEffects.welcome(event.name());
	}

	record SignedUp(String name) {

	}

	@Component
	static class SideEffects {

		private final Mailer mailer;

		SideEffects(Mailer mailer) {
			this.mailer = mailer;
		}

		@AfterCommitDispatch
		void welcome(String name) {
			this.mailer.send(name, "Welcome!");
		}

	}

}
