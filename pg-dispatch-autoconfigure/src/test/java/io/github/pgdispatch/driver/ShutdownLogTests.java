package io.github.pgdispatch.driver;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import io.github.pgdispatch.test.TestNode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.jdbc.core.simple.JdbcClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A node that stops says which jobs it waits for, and nothing if it has none.
 */
@ExtendWith(OutputCaptureExtension.class)
@PostgresTest
class ShutdownLogTests {

	private TestDatabase database;

	private JdbcClient jdbc;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.jdbc = database.jdbcOfOneSession("app");
	}

	@Test
	void namesTheRunningMethods(CapturedOutput output) throws Exception {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class)) {
			long id = this.jdbc.sql("SELECT pgdispatch.dispatch_handler('slow')").query(Long.class).single();
			Methods methods = node.bean(Methods.class);
			methods.awaitBegin();
			Thread stop = new Thread(node::close);
			stop.start();
			await().untilAsserted(() -> assertThat(output).containsOnlyOnce("Waiting up to 4 seconds for 1 running"
					+ " method: Job " + id + " of the handler 'slow' (attempt 1)"));
			methods.letEnd();
			stop.join();
		}
	}

	@Test
	void countsTheWorkersThatRunSql(CapturedOutput output) throws Exception {
		TestNode node = TestNode.start(this.database, 2);
		try (var gate = this.database.dataSource("postgres").getConnection(); var statement = gate.createStatement()) {
			statement.execute("SELECT pg_advisory_lock(7)");
			this.jdbc.sql("SELECT pgdispatch.fire('SELECT pg_advisory_xact_lock(7)')").query().singleValue();
			await().until(() -> this.jdbc.sql("""
					SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND NOT granted)""")
				.query(Boolean.class)
				.single());
			Thread stop = new Thread(node::close);
			stop.start();
			await().untilAsserted(() -> assertThat(output).containsOnlyOnce("Waiting for the SQL jobs of 1 worker"));
			statement.execute("SELECT pg_advisory_unlock(7)");
			stop.join();
		}
	}

	@Test
	void nothingIsSaidIfNothingRuns(CapturedOutput output) {
		TestNode.start(this.database, 2).close();
		HandlerNode.start(this.database, Methods.class).close();
		assertThat(output).doesNotContain("Waiting ");
	}

	static class Methods {

		private final CountDownLatch began = new CountDownLatch(1);

		private final CountDownLatch mayEnd = new CountDownLatch(1);

		@AfterCommitDispatch(name = "slow")
		void slow() throws InterruptedException {
			this.began.countDown();
			this.mayEnd.await(30, TimeUnit.SECONDS);
		}

		void awaitBegin() throws InterruptedException {
			this.began.await();
		}

		void letEnd() {
			this.mayEnd.countDown();
		}

	}

}
