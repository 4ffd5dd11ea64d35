package io.github.pgdispatch.annotation;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.BatchState;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.EndedBatch;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Isolation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for batches of methods that a node runs, in every kind of transaction.
 */
@PostgresTest
class BatchedMethodTests {

	private static final Queue<Object> runs = new ConcurrentLinkedQueue<>();

	private HandlerNodes nodes;

	@BeforeEach
	void start(TestDatabase database) {
		runs.clear();
		this.nodes = new HandlerNodes(database);
	}

	@Test
	void continuationRunsOnceAfterMethodsInEveryKindOfTransaction() {
		this.nodes.node().withBean(Lines.class).run((context) -> {
			Lines lines = context.getBean(Lines.class);
			PgDispatchTemplate template = context.getBean(PgDispatchTemplate.class);
			TransactionTemplate transaction = new TransactionTemplate(
					context.getBean(PlatformTransactionManager.class));
			long id = transaction.execute((status) -> template.batch("lines").addCalls(() -> {
				for (int i = 0; i < 50; i++) {
					lines.transactional(i);
					lines.repeatable(i);
					lines.plain(i);
				}
				lines.failing();
				lines.adding(null);
			}).then(Dispatch.handler("finished", "{}")).dispatch());
			assertThat(template.findBatch(id).orElseThrow().total()).isIn(152L, 153L);
			await().until(() -> runs.stream().anyMatch(EndedBatch.class::isInstance));
			await().until(this.nodes::isIdle);
			assertThat(runs).hasSize(152).endsWith(new EndedBatch(id, "lines", 152, 1, 0));
			assertThat(template.findBatch(id).orElseThrow().state()).isEqualTo(BatchState.FAILED);
		});
	}

	static class Lines {

		private final PgDispatchTemplate template;

		private final TransactionTemplate transaction;

		Lines(PgDispatchTemplate template, PlatformTransactionManager transactionManager) {
			this.template = template;
			this.transaction = new TransactionTemplate(transactionManager);
		}

		@AfterCommitDispatch(name = "transactional")
		@Transactional
		public void transactional(int number) {
			runs.add(number);
		}

		@AfterCommitDispatch(name = "repeatable")
		@Transactional(isolation = Isolation.REPEATABLE_READ)
		public void repeatable(int number) {
			runs.add(number);
		}

		@AfterCommitDispatch(name = "plain")
		public void plain(int number) {
			runs.add(number);
		}

		@AfterCommitDispatch(name = "failing", maxAttempts = 1)
		public void failing() {
			throw new IllegalStateException("for the test");
		}

		@AfterCommitDispatch(name = "adding")
		public void adding(@Nullable DispatchContext context) {
			this.transaction.executeWithoutResult((status) -> this.template
				.fire(Dispatch.handler("plain", "{\"number\": 0}").batch(context.batchId().orElseThrow())));
		}

		@AfterCommitDispatch(name = "finished")
		public void finished(@Nullable DispatchContext context) {
			runs.add(context.endedBatch().orElseThrow());
		}

	}

}
