package io.github.pgdispatch.samples.features;

import io.github.pgdispatch.EndedJob;
import io.github.pgdispatch.JobAttempt;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests the examples of docs/outbox.md, docs/tenants.md, docs/events.md,
 * docs/finished-jobs.md and docs/operations.md.
 */
@FeatureTest
class SurroundingsTests {

	@Autowired
	private Feature feature;

	@Test
	void messagesAreSentInTheOrderOfTheCustomer(@Autowired OutboxExample example) {
		this.feature.inTransaction(() -> {
			example.publish("Marie", new OutboxExample.OrderPlaced(1, "radium"));
			example.publish("Marie", new OutboxExample.OrderPlaced(2, "polonium"));
		});
		this.feature.awaitMails("Marie",
				(mails) -> assertThat(mails).containsExactly("orders: 1 radium", "orders: 2 polonium"));
	}

	@Test
	void tenantComesAlong(@Autowired TenantExample.SideEffects sideEffects,
			@Autowired TenantExample.CurrentTenant tenant) {
		tenant.set("acme");
		try {
			this.feature.inTransaction(() -> sideEffects.send("Irene"));
		}
		finally {
			tenant.set(null);
		}
		this.feature.awaitMails("Irene", "News of acme");
	}

	@Test
	void operatorIsAlerted(@Autowired EventsExample.SideEffects sideEffects) {
		this.feature.inTransaction(sideEffects::backUp);
		this.feature.awaitMails("operator",
				(mails) -> assertThat(mails).singleElement()
					.asString()
					.contains("has failed for good", "No space left"));
	}

	@Test
	void historyHasEndedJobsAndTheirAttempts(@Autowired HistoryExample example,
			@Autowired HistoryExample.SideEffects sideEffects) {
		this.feature.inTransaction(() -> sideEffects.send(null));
		this.feature.await(() -> assertThat(example.ended()).hasSize(1));
		EndedJob job = example.ended().get(0);
		assertThat(job.attempts()).isEqualTo(2);
		assertThat(example.attempts(job.id())).extracting(JobAttempt::outcome)
			.containsExactly(JobAttempt.Outcome.RETRIED, JobAttempt.Outcome.DONE);
	}

	@Test
	void drainedNodeBeginsNothing(@Autowired DrainExample example, @Autowired DrainExample.SideEffects sideEffects)
			throws InterruptedException {
		example.beginMaintenance();
		try {
			this.feature.inTransaction(() -> sideEffects.send("Jocelyn"));
			Thread.sleep(200);
			assertThat(this.feature.mails("Jocelyn")).isEmpty();
		}
		finally {
			example.endMaintenance();
		}
		this.feature.awaitMails("Jocelyn", "Hello");
	}

}
