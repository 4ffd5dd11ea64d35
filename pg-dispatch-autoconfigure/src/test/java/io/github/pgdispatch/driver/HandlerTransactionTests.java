package io.github.pgdispatch.driver;

import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.interceptor.TransactionAspectSupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What a method does with its transaction, or a role with its settings, neither loses nor
 * stops a job.
 */
@PostgresTest
class HandlerTransactionTests {

	private TestDatabase database;

	private JdbcClient jdbc;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.jdbc = database.jdbc("app");
		this.jdbc.sql("CREATE TABLE effect (what text)").update();
	}

	@Test
	void methodThatMarksItsTransactionAsRollbackOnlyHasFailed() {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class, "pgdispatch.retry.max-attempts=2",
				"pgdispatch.retry.back-off=10ms")) {
			run("rollBackOnce");
			run("rollBack");
		}
		assertThat(effects()).containsExactly("attempt 2");
		assertThat(this.jdbc.sql("SELECT handler || ' ' || attempts || ' ' || message FROM pgdispatch.dead_letter")
			.query(String.class)
			.single()).startsWith("rollBack 2 ").contains("was marked as rollback-only");
	}

	@Test
	void methodThatLeavesItsTransactionReadOnlyIsRun() {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class)) {
			run("readOnly");
			run("declaredReadOnly");
		}
		assertThat(effects()).containsExactly("before");
		assertThat(this.jdbc.sql("SELECT message FROM pgdispatch.dead_letter").query(String.class).list()).isEmpty();
	}

	@Test
	void methodsRunThoughTheRoleReadsNullInArraysAsText() {
		this.database.jdbc("postgres")
			.sql("ALTER ROLE app IN DATABASE " + this.database.name() + " SET array_nulls = off")
			.update();
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class)) {
			this.jdbc
				.sql("""
						SELECT count(pgdispatch.dispatch_handler('value', keep_result => CASE n % 2 WHEN 0 THEN interval '1 hour' END))
						  FROM generate_series(1, 100) AS n""")
				.query()
				.singleValue();
			awaitNoJob();
			run("value");
		}
		assertThat(this.jdbc.sql("SELECT count(*) FROM pgdispatch.result WHERE value::text = 'true'")
			.query(Integer.class)
			.single()).isEqualTo(50);
	}

	@Test
	void jobThatIsDueSinceEverIsRun() {
		this.jdbc.sql("""
				INSERT INTO pgdispatch.handler_job (handler, due_at, arguments)
				SELECT 'value', '-infinity', '{}' FROM generate_series(1, 20)""").update();
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class)) {
			awaitNoJob();
			run("value");
		}
	}

	private void run(String handler) {
		this.jdbc.sql("SELECT pgdispatch.dispatch_handler(?)").param(handler).query().singleValue();
		awaitNoJob();
	}

	private void awaitNoJob() {
		await().until(
				() -> this.jdbc.sql("SELECT count(*) FROM pgdispatch.handler_job").query(Integer.class).single() == 0);
	}

	private List<String> effects() {
		return this.jdbc.sql("SELECT what FROM effect").query(String.class).list();
	}

	static class Methods {

		private final JdbcClient jdbc;

		Methods(JdbcClient jdbc) {
			this.jdbc = jdbc;
		}

		private void insert(String what) {
			this.jdbc.sql("INSERT INTO effect VALUES (?)").param(what).update();
		}

		@Transactional
		@AfterCommitDispatch(name = "rollBackOnce")
		void rollBackOnce(DispatchContext context) {
			insert("attempt " + context.attempt());
			if (context.attempt() == 1) {
				TransactionAspectSupport.currentTransactionStatus().setRollbackOnly();
			}
		}

		@Transactional
		@AfterCommitDispatch(name = "rollBack")
		void rollBack() {
			insert("undone");
			TransactionAspectSupport.currentTransactionStatus().setRollbackOnly();
		}

		@Transactional
		@AfterCommitDispatch(name = "readOnly")
		void readOnly() {
			insert("before");
			this.jdbc.sql("SET TRANSACTION READ ONLY").update();
		}

		@Transactional(readOnly = true)
		@AfterCommitDispatch(name = "declaredReadOnly")
		void declaredReadOnly() {
			this.jdbc.sql("SELECT count(*) FROM effect").query().singleValue();
		}

		@AfterCommitDispatch(name = "value")
		CompletableFuture<Boolean> value() {
			return CompletableFuture.completedFuture(true);
		}

	}

}
