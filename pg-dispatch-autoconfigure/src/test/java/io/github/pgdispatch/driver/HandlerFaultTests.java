package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.driver.HandlerDriverTests.UnreliableConnections;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A method that loses its connection, and a node that loses the answer of the database.
 */
@ExtendWith(OutputCaptureExtension.class)
@PostgresTest
class HandlerFaultTests {

	private static final String LOSE_SESSION = "SELECT pg_terminate_backend(pg_backend_pid())";

	@Test
	void transactionalMethodThatLosesItsConnectionIsRunAgain(TestDatabase database) {
		prepare(database);
		try (HandlerNode node = HandlerNode.start(database, Methods.class)) {
			dispatch(database, "loseSessionOnce");
			soon().until(() -> count(database, "pgdispatch.handler_job") == 0);
		}
		assertThat(database.jdbc("app").sql("SELECT attempt FROM effect").query(Integer.class).list())
			.as("the lost one is no attempt")
			.containsExactly(1);
		assertThat(count(database, "pgdispatch.dead_letter")).isZero();
	}

	@Test
	void connectionThatIsLostCostsAnAttemptOnlyIfTheMethodMayNotBeRepeatedOrHasLostTooMany(TestDatabase database) {
		prepare(database);
		try (HandlerNode node = HandlerNode.start(database, Methods.class)) {
			database.jdbc("app").sql("""
					DO $$ BEGIN
						PERFORM pgdispatch.dispatch_handler('loseSession');
						UPDATE pgdispatch.handler_job SET outages = pgdispatch.max_outages();
						PERFORM pgdispatch.dispatch_handler('loseSession'),
								pgdispatch.dispatch_handler('loseSessionWithoutATransaction'),
								pgdispatch.dispatch_handler('loseSessionWithoutATransaction', max_attempts => 2);
					END $$""").update();
			soon().until(() -> count(database,
					"pgdispatch.handler_job WHERE outages BETWEEN 1 AND pgdispatch.max_outages() - 1") == 2);
			soon().until(() -> count(database, "pgdispatch.dead_letter") == 2);
			assertThat(strings(database, "SELECT handler || ' ' || attempts FROM pgdispatch.dead_letter"))
				.containsExactlyInAnyOrder("loseSession 1", "loseSessionWithoutATransaction 1");
			assertThat(strings(database,
					"SELECT handler || ' ' || attempts || ' ' || sqlstate FROM pgdispatch.handler_job WHERE claimed_by IS NULL"))
				.isSubsetOf("loseSession 0 57P01", "loseSessionWithoutATransaction 0 57P01");
		}
	}

	@Test
	void completionWhoseAnswerIsLostIsNotTakenForALostClaim(TestDatabase database, CapturedOutput output) {
		prepare(database);
		try (HandlerNode node = HandlerNode.start(database, UnreliableConnections.class)) {
			UnreliableDataSource dataSource = node.bean(UnreliableDataSource.class);
			dataSource.loseNextAnswer("complete_handler_jobs");
			dispatch(database, "quick");
			soon().until(dataSource::hasLostAnswer);
			// The node has settled everything when its lease is gone.
			soon().until(() -> count(database, "pgdispatch.node") == 0);
			assertThat(node.bean(HandlerDriverTests.Methods.class).ended("quick")).isOne();
			assertThat(count(database, "pgdispatch.handler_job")).isZero();
		}
		assertThat(output.getOut()).doesNotContain("taken over");
	}

	@Test
	void commitWhoseAnswerIsLostIsNotRepeated(TestDatabase database) {
		prepare(database);
		try (HandlerNode node = HandlerNode.start(database, UnreliableMethods.class)) {
			UnreliableDataSource dataSource = node.bean(UnreliableDataSource.class);
			dataSource.loseNextAnswer("complete_handler_job(");
			dispatch(database, "record");
			soon().until(dataSource::hasLostAnswer);
			soon().until(() -> count(database, "pgdispatch.node") == 0);
		}
		assertThat(database.jdbc("app").sql("SELECT attempt FROM effect").query(Integer.class).list())
			.containsExactly(1);
		assertThat(count(database, "pgdispatch.handler_job")).isZero();
		assertThat(count(database, "pgdispatch.dead_letter")).isZero();
	}

	private static void prepare(TestDatabase database) {
		database.install("app").jdbc("app").sql("CREATE TABLE effect (attempt integer)").update();
	}

	private static void dispatch(TestDatabase database, String handler) {
		database.jdbc("app").sql("SELECT pgdispatch.dispatch_handler(?)").param(handler).query().singleValue();
	}

	private static List<String> strings(TestDatabase database, String sql) {
		return database.jdbc("app").sql(sql).query(String.class).list();
	}

	private static int count(TestDatabase database, String table) {
		return database.jdbc("app").sql("SELECT count(*) FROM " + table).query(Integer.class).single();
	}

	private static ConditionFactory soon() {
		return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20));
	}

	@Configuration(proxyBeanMethods = false)
	@Import({ UnreliableConnections.class, Methods.class })
	static class UnreliableMethods {

	}

	static class Methods {

		private final JdbcClient jdbc;

		private final AtomicBoolean sessionIsToBeLost = new AtomicBoolean(true);

		Methods(JdbcClient jdbc) {
			this.jdbc = jdbc;
		}

		@Transactional
		@AfterCommitDispatch(name = "record")
		void record(DispatchContext context) {
			this.jdbc.sql("INSERT INTO effect VALUES (?)").param(context.attempt()).update();
		}

		@Transactional
		@AfterCommitDispatch(name = "loseSessionOnce")
		void loseSessionOnce(DispatchContext context) {
			record(context);
			if (this.sessionIsToBeLost.compareAndSet(true, false)) {
				loseSession();
			}
		}

		@Transactional
		@AfterCommitDispatch(name = "loseSession")
		void loseSession() {
			this.jdbc.sql(LOSE_SESSION).query().singleValue();
		}

		@AfterCommitDispatch(name = "loseSessionWithoutATransaction")
		void loseSessionWithoutATransaction() {
			this.jdbc.sql(LOSE_SESSION).query().singleValue();
		}

	}

}
