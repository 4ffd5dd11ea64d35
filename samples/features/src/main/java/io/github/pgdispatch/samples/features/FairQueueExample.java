package io.github.pgdispatch.samples.features;

import io.github.pgdispatch.AfterCommitDispatch;

import org.springframework.stereotype.Component;

/**
 * A fair queue, in which tenants take turns. A tenant with a thousand imports does not
 * hold back the one import of another. The queue {@code imports} has a {@code per-key} in
 * {@code application.yaml}.
 */
@Component
class FairQueueExample {

	private final Mailer mailer;

	FairQueueExample(Mailer mailer) {
		this.mailer = mailer;
	}

	@AfterCommitDispatch(queue = "imports", fairKey = "#{#tenant}")
	void importFile(String tenant, int file) {
		this.mailer.send(tenant, "Imported " + file);
	}

}
