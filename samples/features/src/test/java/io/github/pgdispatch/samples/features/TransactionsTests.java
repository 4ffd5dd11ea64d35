package io.github.pgdispatch.samples.features;

import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.IllegalTransactionStateException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests the examples of docs/transactions.md.
 */
@FeatureTest
class TransactionsTests {

	@Autowired
	private Feature feature;

	@Test
	void transactionalMethodIsOneCommit(@Autowired TransactionalMethodExample example, @Autowired JdbcClient jdbc) {
		this.feature.inTransaction(() -> example.note("Radia", 1));
		this.feature.awaitMails("Radia", "No. 1");
		assertThat(jdbc.sql("SELECT count(*) FROM profile WHERE name = 'Radia'").query(Integer.class).single()).isOne();
	}

	@Test
	void dispatchWithoutATransactionIsRefused(@Autowired TransactionalMethodExample example) {
		assertThatExceptionOfType(IllegalTransactionStateException.class).isThrownBy(() -> example.note("Nobody", 1));
	}

	@Test
	void listenerDispatchesBeforeTheCommit(@Autowired ApplicationEventPublisher events) {
		this.feature.inTransaction(() -> events.publishEvent(new EventListenerExample.SignedUp("Katherine")));
		this.feature.awaitMails("Katherine", "Welcome!");
	}

}
