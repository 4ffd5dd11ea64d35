package io.github.pgdispatch.samples.features;

import java.util.List;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.EndedBatch;
import io.github.pgdispatch.PgDispatchTemplate;

import org.springframework.stereotype.Component;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * A batch: many jobs, and one that follows when the last of them has ended.
 */
@Service
class BatchExample {

	private final PgDispatchTemplate template;

	private final SideEffects sideEffects;

	BatchExample(PgDispatchTemplate template, SideEffects sideEffects) {
		this.template = template;
		this.sideEffects = sideEffects;
	}

	/**
	 * Dispatches a mail to each recipient, in a batch that is named after the sender.
	 * @return the id of the batch
	 */
	@Transactional
	long sendAll(String sender, List<String> recipients) {
		return this.template.batch(sender)
			.addCalls(() -> recipients.forEach(this.sideEffects::send))
			.then(Dispatch.handler("batch.sent", "{}"))
			.dispatch();
	}

	String progress(long batch) {
		return this.template.findBatch(batch)
			.map((found) -> found.done() + " of " + found.total() + " are done")
			.orElse("There is no such batch");
	}

	@Component
	static class SideEffects {

		private final Mailer mailer;

		SideEffects(Mailer mailer) {
			this.mailer = mailer;
		}

		@AfterCommitDispatch
		void send(String recipient) {
			this.mailer.send(recipient, "News");
		}

		@AfterCommitDispatch(name = "batch.sent")
		void sent(DispatchContext context) {
			EndedBatch batch = context.endedBatch().orElseThrow();
			this.mailer.send(batch.name(), batch.done() + " mails were sent, " + batch.failed() + " have failed");
		}

	}

}
