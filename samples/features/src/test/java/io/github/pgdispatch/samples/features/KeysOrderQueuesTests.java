package io.github.pgdispatch.samples.features;

import java.util.List;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests the examples of docs/keys-order-queues.md.
 */
@FeatureTest
class KeysOrderQueuesTests {

	@Autowired
	private Feature feature;

	@Test
	void ofSeveralDispatchesWithAKeyOneRuns(@Autowired IdempotencyKeyExample example) {
		this.feature.inTransaction(() -> {
			example.refresh("Edith");
			example.refresh("Edith");
			example.sendSummary("Edith", 1);
			example.sendSummary("Edith", 2);
			example.sendNews("Edith");
		});
		this.feature.awaitMails("Edith", "Refreshed", "News of the day", "2 changes");
		this.feature.inTransaction(() -> example.sendNews("Edith"));
		this.feature.inTransaction(() -> example.refresh("Edith"));
		this.feature.awaitMails("Edith", "Refreshed", "News of the day", "2 changes", "Refreshed");
	}

	@Test
	void jobsOfAnOrderingKeyRunInTheirOrder(@Autowired OrderingKeyExample example) {
		List<String> changes = IntStream.rangeClosed(1, 20).mapToObj((number) -> "Change " + number).toList();
		changes.forEach((change) -> this.feature.inTransaction(() -> example.publish("Lise", change)));
		this.feature.awaitMails("Lise", (mails) -> assertThat(mails).containsExactlyElementsOf(changes));
		this.feature.inTransaction(() -> {
			example.sendNews("Emmy", " ");
			example.sendNews("Emmy", "A theorem");
		});
		this.feature.awaitMails("Emmy", "A theorem");
	}

	@Test
	void queueHasItsLimits(@Autowired QueueExample example, @Autowired QueueExample.SideEffects sideEffects) {
		example.addTenant("acme");
		this.feature.inTransaction(() -> {
			sideEffects.report("acme");
			IntStream.rangeClosed(1, 3).forEach((number) -> sideEffects.sendNewsletter("Maria", number));
		});
		this.feature.awaitMails("acme", "Your report");
		this.feature.awaitMails("Maria", "Newsletter 1", "Newsletter 2", "Newsletter 3");
	}

	@Test
	void tenantsTakeTurns(@Autowired FairQueueExample example, @Autowired JdbcClient jdbc) {
		this.feature.inTransaction(() -> {
			IntStream.rangeClosed(1, 50).forEach((file) -> example.importFile("large tenant", file));
			example.importFile("small tenant", 1);
		});
		this.feature.awaitMails("large tenant", (mails) -> assertThat(mails).hasSize(50));
		assertThat(jdbc.sql("""
				SELECT count(*) FROM mail
				 WHERE recipient = 'large tenant'
				   AND id < (SELECT id FROM mail WHERE recipient = 'small tenant')""").query(Integer.class).single())
			.isLessThan(25);
	}

	@Test
	void priorityGoesFirst(@Autowired PriorityExample example) {
		this.feature.inTransaction(() -> {
			IntStream.rangeClosed(1, 200).forEach((number) -> example.sendNews("Rosalind", number));
			example.resetPassword("Rosalind");
		});
		this.feature.awaitMails("Rosalind", (mails) -> assertThat(mails).hasSize(201));
		assertThat(this.feature.mails("Rosalind").indexOf("Your new password")).isLessThan(100);
	}

	@Test
	void whatIsPausedWaits(@Autowired PauseExample example, @Autowired PauseExample.SideEffects sideEffects,
			@Autowired AnnotationExample other) {
		example.stopMails();
		this.feature.inTransaction(() -> sideEffects.send("Chien"));
		other.signUp("Shiung");
		this.feature.awaitMails("Shiung", (mails) -> assertThat(mails).contains("Welcome!", "Please confirm"));
		assertThat(this.feature.mails("Chien")).isEmpty();
		example.sendMailsAgain();
		this.feature.awaitMails("Chien", "Hello");
	}

	@Test
	void circuitBreakerTripsAndIsReset(@Autowired CircuitBreakerExample example, @Autowired JdbcClient jdbc) {
		this.feature.inTransaction(() -> example.sendInvoice("Dorothy", 1));
		this.feature.await(() -> assertThat(
				jdbc.sql("SELECT name FROM pgdispatch.status() WHERE kind = 'breaker'").query(String.class).list())
			.contains("invoices.send"));
		this.feature.inTransaction(() -> example.sendInvoice("Dorothy", 2));
		this.feature.awaitMails("Dorothy", "Invoice 1", "Invoice 2");
	}

}
