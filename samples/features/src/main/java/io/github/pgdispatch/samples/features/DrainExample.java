package io.github.pgdispatch.samples.features;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.PgDispatchNode;

import org.springframework.stereotype.Component;
import org.springframework.stereotype.Service;

/**
 * Drain this node for maintenance. It begins no more jobs, while other nodes go on.
 */
@Service
class DrainExample {

	private final PgDispatchNode node;

	DrainExample(PgDispatchNode node) {
		this.node = node;
	}

	void beginMaintenance() {
		this.node.drain();
	}

	void endMaintenance() {
		this.node.resume();
	}

	@Component
	static class SideEffects {

		private final Mailer mailer;

		SideEffects(Mailer mailer) {
			this.mailer = mailer;
		}

		@AfterCommitDispatch
		void send(String recipient) {
			this.mailer.send(recipient, "Hello");
		}

	}

}
