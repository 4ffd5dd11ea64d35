package io.github.pgdispatch.annotation;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.autoconfigure.PgDispatchAutoConfiguration;
import io.github.pgdispatch.autoconfigure.PgDispatchSchemaAutoConfiguration;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcClientAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Lazy;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link AfterCommitDispatch} on methods with a body: what runs it, and what
 * becomes of the job.
 */
@PostgresTest
class DispatchedMethodTests {

	private JdbcClient jdbc;

	private ApplicationContextRunner application;

	@BeforeEach
	void application(TestDatabase database) {
		this.jdbc = database.jdbc("app");
		this.application = new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class,
					DataSourceTransactionManagerAutoConfiguration.class, TransactionAutoConfiguration.class,
					JdbcTemplateAutoConfiguration.class, JdbcClientAutoConfiguration.class,
					PgDispatchSchemaAutoConfiguration.class, PgDispatchAutoConfiguration.class))
			.withPropertyValues("spring.datasource.url=" + database.url(), "spring.datasource.username=app",
					"pgdispatch.schema.mode=jdbc", "pgdispatch.driver=application", "pgdispatch.retry.max-attempts=1")
			.withBean("effects", Effects.class);
		this.jdbc.sql("CREATE TABLE effect (name text)").update();
	}

	@Test
	void bodyRunsAfterTheCommitWithTheArguments() {
		run((effects) -> effects.welcome(42, List.of(new User("Ada"))), (context) -> {
			Effects effects = context.getBean(Effects.class);
			await().until(() -> effects.seen().contains("welcome 42 Ada"));
			awaitNoJob();
		});
	}

	@Test
	void bodyDoesNotRunInTheCallersTransactionNorAfterItsRollback() {
		this.application.run((context) -> {
			Effects effects = context.getBean(Effects.class);
			transaction(context).executeWithoutResult((status) -> {
				effects.welcome(1, List.of());
				status.setRollbackOnly();
			});
			transaction(context).executeWithoutResult((status) -> {
				effects.welcome(2, List.of());
				assertThat(effects.seen()).isEmpty();
			});
			await().until(() -> !effects.seen().isEmpty());
			assertThat(effects.seen()).containsExactly("welcome 2");
		});
	}

	@Test
	void transactionalBodyCommitsWithTheRemovalOfItsJob() {
		run((effects) -> effects.record("Ada"), (context) -> {
			awaitNoJob();
			assertThat(effects()).containsExactly("Ada");
		});
	}

	@Test
	void transactionalBodyThatFailsLeavesNothingButADeadLetter() {
		run((effects) -> effects.recordAndFail("Ada"), (context) -> {
			awaitDeadLetter();
			assertThat(effects()).isEmpty();
			Map<String, Object> deadLetter = this.jdbc.sql("SELECT * FROM pgdispatch.dead_letter").query().singleRow();
			assertThat(deadLetter).containsEntry("handler", "effects.recordAndFail")
				.containsEntry("message", "java.lang.IllegalStateException: no")
				.containsEntry("attempts", 1)
				.containsEntry("command", null);
			assertThat(deadLetter.get("arguments")).hasToString("{\"name\":\"Ada\"}");
			assertThat((String) deadLetter.get("context")).contains("recordAndFail");
		});
	}

	@Test
	void transactionOfItsOwnIsTheMethodsToo() {
		run((effects) -> effects.recordApart("Ada"), (context) -> {
			awaitNoJob();
			assertThat(effects()).containsExactly("Ada");
		});
	}

	@Test
	void whatABodyCallsItselfIsADispatch() {
		run((effects) -> effects.chain(3), (context) -> {
			Effects effects = context.getBean(Effects.class);
			await().until(() -> effects.seen().size() == 4);
			assertThat(effects.seen()).containsExactly("chain 3", "chain 2", "chain 1", "chain 0");
			awaitNoJob();
		});
	}

	@Test
	void jobKnowsItself() {
		run((effects) -> effects.context("x", null), (context) -> {
			Effects effects = context.getBean(Effects.class);
			await().until(() -> !effects.seen().isEmpty());
			assertThat(effects.seen().peek()).matches("context x [0-9]+ 1");
			awaitNoJob();
		});
	}

	@Test
	void snoozedBodyWaits() {
		run((effects) -> effects.later("x"), (context) -> {
			assertThat(this.jdbc.sql("SELECT due_at - dispatched_at = '4 seconds' FROM pgdispatch.handler_job")
				.query(Boolean.class)
				.single()).isTrue();
			Effects effects = context.getBean(Effects.class);
			await().until(() -> effects.seen().contains("later x"));
			awaitNoJob();
		});
	}

	@Test
	void errorsAndInterruptionsAreTheJobsOwn() {
		run((effects) -> {
			effects.error();
			effects.interrupt();
			effects.welcome(1, List.of());
		}, (context) -> {
			Effects effects = context.getBean(Effects.class);
			await().until(() -> effects.seen().contains("welcome 1"));
			awaitNoJob();
			assertThat(this.jdbc.sql("SELECT handler FROM pgdispatch.dead_letter").query(String.class).list())
				.containsExactly("effects.error");
		});
	}

	@Test
	void sqlMayDispatchToo() {
		this.application.run((context) -> {
			this.jdbc.sql("SELECT pgdispatch.dispatch_handler('effects.record', '{\"name\": \"by SQL\"}')")
				.query()
				.singleValue();
			awaitNoJob();
			assertThat(effects()).containsExactly("by SQL");
		});
	}

	@Test
	void nothingIsLeftOfANodeThatHasNothingToDo() {
		run((effects) -> effects.record("Ada"), (context) -> {
			awaitNoJob();
			await()
				.until(() -> this.jdbc.sql("SELECT count(*) FROM pgdispatch.node").query(Integer.class).single() == 0);
		});
	}

	private void run(Consumer<Effects> dispatch, Consumer<ApplicationContext> then) {
		this.application.run((context) -> {
			assertThat(context).hasNotFailed();
			transaction(context).executeWithoutResult((status) -> dispatch.accept(context.getBean(Effects.class)));
			then.accept(context);
		});
	}

	private static TransactionTemplate transaction(ApplicationContext context) {
		return new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
	}

	private void awaitNoJob() {
		await().until(
				() -> this.jdbc.sql("SELECT count(*) FROM pgdispatch.handler_job").query(Integer.class).single() == 0);
	}

	private void awaitDeadLetter() {
		await().until(
				() -> this.jdbc.sql("SELECT count(*) FROM pgdispatch.dead_letter").query(Integer.class).single() == 1);
	}

	private List<String> effects() {
		return this.jdbc.sql("SELECT name FROM effect").query(String.class).list();
	}

	record User(String name) {

	}

	static class Effects {

		private final Queue<String> seen = new ConcurrentLinkedQueue<>();

		private final JdbcClient jdbc;

		private final Effects self;

		Effects(JdbcClient jdbc, @Lazy Effects self) {
			this.jdbc = jdbc;
			this.self = self;
		}

		Queue<String> seen() {
			return this.seen;
		}

		@AfterCommitDispatch
		void welcome(long id, List<User> users) {
			assertThat(TransactionSynchronizationManager.isActualTransactionActive()).isFalse();
			this.seen.add("welcome " + id + (users.isEmpty() ? "" : " " + users.get(0).name()));
		}

		@AfterCommitDispatch
		@Transactional
		void record(String name) {
			this.jdbc.sql("INSERT INTO effect VALUES (?)").param(name).update();
			assertThat(this.jdbc.sql("SELECT count(*) FROM pgdispatch.handler_job").query(Integer.class).single())
				.isOne();
		}

		@AfterCommitDispatch
		@Transactional
		void recordAndFail(String name) {
			this.jdbc.sql("INSERT INTO effect VALUES (?)").param(name).update();
			throw new IllegalStateException("no");
		}

		@AfterCommitDispatch
		@Transactional(propagation = Propagation.REQUIRES_NEW)
		void recordApart(String name) {
			this.jdbc.sql("INSERT INTO effect VALUES (?)").param(name).update();
		}

		@AfterCommitDispatch
		@Transactional
		void chain(int length) {
			this.seen.add("chain " + length);
			if (length > 0) {
				this.self.chain(length - 1);
			}
		}

		@AfterCommitDispatch
		void context(String name, @Nullable DispatchContext context) {
			assertThat(context).isNotNull();
			this.seen.add("context " + name + " " + context.jobId() + " " + context.attempt());
		}

		@AfterCommitDispatch(delay = "4s")
		void later(String name) {
			this.seen.add("later " + name);
		}

		@AfterCommitDispatch
		void error() {
			throw new StackOverflowError();
		}

		@AfterCommitDispatch
		void interrupt() {
			Thread.currentThread().interrupt();
		}

	}

}
