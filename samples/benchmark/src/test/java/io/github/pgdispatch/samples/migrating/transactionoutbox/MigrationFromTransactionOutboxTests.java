package io.github.pgdispatch.samples.migrating.transactionoutbox;

import com.gruelbox.transactionoutbox.Dialect;
import com.gruelbox.transactionoutbox.Instantiator;
import com.gruelbox.transactionoutbox.Persistor;
import com.gruelbox.transactionoutbox.SpringTransactionManager;
import com.gruelbox.transactionoutbox.Submitter;
import com.gruelbox.transactionoutbox.TransactionOutbox;
import io.github.pgdispatch.samples.migrating.Mailer;
import io.github.pgdispatch.samples.migrating.MigrationPage;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.annotation.EnableTransactionManagement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Entries of transaction-outbox that wait or are blocked are moved.
 */
@PostgresTest
class MigrationFromTransactionOutboxTests {

	private final TestDatabase database;

	MigrationFromTransactionOutboxTests(TestDatabase database) {
		this.database = database.install("app");
	}

	@Test
	void entriesAreMovedBySql() {
		try (HandlerNode node = HandlerNode.start(this.database, Node.class)) {
			Profiles profiles = new Profiles(node.bean(TransactionOutbox.class));
			node.transaction().executeWithoutResult((status) -> {
				profiles.signUp(1);
				profiles.signUp(2);
			});
			node.jdbc().sql("UPDATE txno_outbox SET blocked = true WHERE uniquerequestid = 'welcome 2'").update();
			new MigrationPage("from-transaction-outbox.md").run(node.bean(JdbcTemplate.class));
			await().untilAsserted(() -> assertThat(node.bean(Mailer.class).sent())
				.containsExactlyInAnyOrder("welcome 1", "welcome 2"));
			SignUpSideEffects.Profiles after = new SignUpSideEffects.Profiles(node.bean(SignUpSideEffects.class));
			node.transaction().executeWithoutResult((status) -> {
				after.signUp(2);
				after.signUp(3);
			});
			await().untilAsserted(() -> assertThat(node.bean(Mailer.class).sent())
				.containsExactlyInAnyOrder("welcome 1", "welcome 2", "welcome 3"));
		}
	}

	@Configuration(proxyBeanMethods = false)
	@EnableTransactionManagement(proxyTargetClass = true)
	@Import(SpringTransactionManager.class)
	static class Node {

		@Bean
		Mailer mailer() {
			return new Mailer();
		}

		/**
		 * Runs nothing, as if its node had died.
		 */
		@Bean
		TransactionOutbox outbox(SpringTransactionManager transactionManager) {
			return TransactionOutbox.builder()
				.transactionManager(transactionManager)
				.persistor(Persistor.forDialect(Dialect.POSTGRESQL_9))
				.instantiator(Instantiator.usingReflection())
				.submitter(Submitter.withExecutor((call) -> {
				}))
				.build();
		}

		@Bean
		SignUpSideEffects signUpSideEffects(Mailer mailer) {
			return new SignUpSideEffects(mailer);
		}

	}

}
