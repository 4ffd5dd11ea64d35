package io.github.pgdispatch.samples.features;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

import org.awaitility.Awaitility;

import org.springframework.transaction.support.TransactionOperations;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Uses an example as its users would, and waits for what comes of it.
 */
final class Feature {

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	private static final Duration INTERVAL = Duration.ofMillis(20);

	private final TransactionOperations transaction;

	private final Mailer mailer;

	Feature(TransactionOperations transaction, Mailer mailer) {
		this.transaction = transaction;
		this.mailer = mailer;
	}

	/**
	 * Runs something in a transaction that commits.
	 */
	void inTransaction(Runnable action) {
		this.transaction.executeWithoutResult((status) -> action.run());
	}

	/**
	 * Runs something in a transaction that rolls back.
	 */
	void inVain(Runnable action) {
		this.transaction.executeWithoutResult((status) -> {
			status.setRollbackOnly();
			action.run();
		});
	}

	/**
	 * Waits until a recipient has got these mails, in any order, and no others.
	 */
	void awaitMails(String recipient, String... texts) {
		await(() -> assertThat(this.mailer.sentTo(recipient)).containsExactlyInAnyOrder(texts));
	}

	/**
	 * Waits until a recipient has got what satisfies a condition.
	 */
	void awaitMails(String recipient, Consumer<List<String>> condition) {
		await(() -> condition.accept(this.mailer.sentTo(recipient)));
	}

	void await(Runnable assertion) {
		Awaitility.await().atMost(PATIENCE).pollInterval(INTERVAL).untilAsserted(assertion::run);
	}

	List<String> mails(String recipient) {
		return this.mailer.sentTo(recipient);
	}

}
