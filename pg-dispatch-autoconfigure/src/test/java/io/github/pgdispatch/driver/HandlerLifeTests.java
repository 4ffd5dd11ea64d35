package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.Cancellation;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.DispatchFailedException;
import io.github.pgdispatch.DispatchResult;
import io.github.pgdispatch.JobState;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.RetryAfterException;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * The options of jobs of handlers, on a node.
 */
@PostgresTest
class HandlerLifeTests {

	private JdbcClient jdbc;

	private HandlerNode node;

	private Methods methods;

	private PgDispatchTemplate template;

	@BeforeEach
	void start(TestDatabase database) {
		database.install("app");
		this.jdbc = database.jdbcOfOneSession("app");
		this.jdbc.sql("CREATE TABLE effect (what text)").update();
		this.node = HandlerNode.start(database, Methods.class, "pgdispatch.retry.max-attempts=3",
				"pgdispatch.retry.back-off=10ms", "pgdispatch.worker.poll-interval=1h");
		this.methods = this.node.bean(Methods.class);
		this.template = this.node.bean(PgDispatchTemplate.class);
	}

	@AfterEach
	void stop() {
		this.node.close();
	}

	private void call(Runnable method) {
		this.node.transaction().executeWithoutResult((status) -> method.run());
	}

	private Map<String, Object> awaitDeadLetter() {
		await().until(() -> count("pgdispatch.dead_letter") == 1);
		return this.jdbc.sql("SELECT * FROM pgdispatch.dead_letter").query().singleRow();
	}

	private void awaitNoJob() {
		await().until(() -> count("pgdispatch.handler_job") == 0);
	}

	private int count(String table) {
		return this.jdbc.sql("SELECT count(*) FROM " + table).query(Integer.class).single();
	}

	@Test
	void failedJobIsRunAgainUntilItSucceeds() {
		call(() -> this.methods.failTwice());
		awaitNoJob();
		assertThat(this.methods.calls("failTwice")).isEqualTo(3);
		assertThat(count("pgdispatch.dead_letter")).isZero();
	}

	@Test
	void jobIsADeadLetterAfterItsLastAttempt() {
		call(() -> this.methods.fail());
		assertThat(awaitDeadLetter()).containsEntry("attempts", 3).containsEntry("handler", "fail");
		assertThat(this.methods.calls("fail")).isEqualTo(3);
	}

	@Test
	void exceptionDecidesWhetherAJobIsRunAgain() {
		call(() -> this.methods.failForGood());
		assertThat(awaitDeadLetter()).containsEntry("attempts", 1);
	}

	@Test
	void methodDecidesWhenItIsRunAgain() {
		call(() -> this.methods.later());
		await().until(() -> this.methods.calls("later") == 1);
		await().until(() -> this.jdbc
			.sql("SELECT EXISTS (SELECT FROM pgdispatch.handler_job WHERE due_at > now() + interval '50 minutes')")
			.query(Boolean.class)
			.single());
	}

	@Test
	void optionsOfAJobTakePrecedenceOverThoseOfItsMethod() {
		call(() -> this.template.dispatch(Dispatch.handler("fail", "{}").maxAttempts(2)));
		assertThat(awaitDeadLetter()).containsEntry("attempts", 2);
	}

	@Test
	void lostRacesAreRunAgainAtOnceAndDoNotCount() {
		call(() -> this.methods.loseTwice());
		awaitNoJob();
		assertThat(this.methods.calls("loseTwice")).isEqualTo(3);
		assertThat(this.jdbc.sql("SELECT what FROM effect").query(String.class).list()).containsExactly("attempt 1");
	}

	@Test
	void timeLimitInterruptsAndCountsAsAFailure() {
		call(() -> this.methods.sleep());
		assertThat(awaitDeadLetter()).containsEntry("sqlstate", "PD001").containsEntry("attempts", 3);
	}

	@Test
	void timeLimitInterruptsNeitherTheDatabaseNorLaterJobs() {
		for (int i = 0; i < 20; i++) {
			call(() -> this.methods.quick());
			call(() -> this.template
				.dispatch(Dispatch.handler("limited", "{}").timeLimit(Duration.ofMillis(1)).maxAttempts(1)));
		}
		await().until(() -> count("pgdispatch.handler_job") == 0);
		assertThat(this.methods.calls("quick")).isEqualTo(20);
		assertThat(this.methods.interrupted("quick")).isZero();
		assertThat(this.methods.interrupted("limited")).isPositive();
	}

	@Test
	void cancelledJobIsInterruptedAndGone() {
		long id = this.node.transaction()
			.execute((status) -> this.template.dispatch(Dispatch.handler("waitForEver", "{}")));
		await().until(() -> this.methods.calls("waitForEver") == 1);
		assertThat(this.template.find(id)).get().extracting("state").isEqualTo(JobState.RUNNING);
		assertThat(this.template.cancel(id)).isEqualTo(Cancellation.INTERRUPTING);
		awaitNoJob();
		assertThat(this.methods.interrupted("waitForEver")).isOne();
		assertThat(count("pgdispatch.dead_letter")).isZero();
	}

	@Test
	void callerGetsTheReturnValueOfTheMethod() throws Exception {
		CompletableFuture<List<Integer>> future = this.node.transaction()
			.execute((status) -> this.methods.returned(List.of(1, 2)));
		assertThat(future.get(60, TimeUnit.SECONDS)).containsExactly(1, 2);
		DispatchResult<String> handle = this.node.transaction().execute((status) -> {
			DispatchResult<String> early = this.methods.returnedTransactionally("value");
			assertThatIllegalStateException().isThrownBy(() -> early.get(Duration.ofSeconds(1)));
			return early;
		});
		assertThat(handle.get(Duration.ofMinutes(1))).isEqualTo("value");
		assertThat(this.jdbc.sql("SELECT what FROM effect").query(String.class).list()).containsExactly("value");
		awaitNoJob();
	}

	@Test
	void callerGetsTheRowsOfSql() throws Exception {
		CompletableFuture<List<Row>> future = this.node.transaction().execute((status) -> this.methods.rows(2));
		CompletableFuture<Long> count = this.node.transaction().execute((status) -> this.methods.rowCount(3));
		this.jdbc.sql("CALL pgdispatch.work()").query().listOfRows();
		assertThat(future.get(60, TimeUnit.SECONDS)).containsExactly(new Row(1), new Row(2));
		assertThat(count.get(60, TimeUnit.SECONDS)).isEqualTo(3);
	}

	@Test
	void callerLearnsOfAFailureAndOfARollback() {
		CompletableFuture<String> failing = this.node.transaction().execute((status) -> this.methods.failingResult());
		assertThat(failing).failsWithin(Duration.ofMinutes(1))
			.withThrowableThat()
			.withCauseInstanceOf(DispatchFailedException.class);
		CompletableFuture<String> never = this.node.transaction().execute((status) -> {
			status.setRollbackOnly();
			return this.methods.failingResult();
		});
		assertThat(never).isCompletedExceptionally();
		assertThatExceptionOfType(Exception.class).isThrownBy(never::get);
	}

	static class Methods {

		private final Map<String, AtomicInteger> calls = new ConcurrentHashMap<>();

		private final Map<String, AtomicInteger> interruptions = new ConcurrentHashMap<>();

		private final JdbcClient jdbc;

		Methods(JdbcClient jdbc) {
			this.jdbc = jdbc;
		}

		int calls(String method) {
			return this.calls.computeIfAbsent(method, (name) -> new AtomicInteger()).get();
		}

		int interrupted(String method) {
			return this.interruptions.computeIfAbsent(method, (name) -> new AtomicInteger()).get();
		}

		private void noteInterruption(String method) {
			this.interruptions.computeIfAbsent(method, (name) -> new AtomicInteger()).incrementAndGet();
		}

		private int called(String method) {
			return this.calls.computeIfAbsent(method, (name) -> new AtomicInteger()).incrementAndGet();
		}

		@AfterCommitDispatch
		void failTwice() {
			if (called("failTwice") < 3) {
				throw new IllegalStateException("Not yet");
			}
		}

		@AfterCommitDispatch(name = "fail")
		void fail() {
			called("fail");
			throw new IllegalStateException("Never");
		}

		@AfterCommitDispatch(noRetryOn = IllegalArgumentException.class)
		void failForGood() {
			throw new IllegalArgumentException("Wrong");
		}

		@AfterCommitDispatch
		void later() {
			called("later");
			throw new IllegalStateException(new RetryAfterException(Duration.ofHours(1), "Too many requests"));
		}

		@AfterCommitDispatch(maxAttempts = 1)
		@Transactional
		void loseTwice() {
			int call = called("loseTwice");
			this.jdbc.sql("INSERT INTO effect VALUES ('attempt ' || ?)").param(call - 2).update();
			if (call < 3) {
				this.jdbc.sql("DO $$ BEGIN RAISE deadlock_detected; END $$").update();
			}
		}

		@AfterCommitDispatch(timeLimit = "200ms")
		void sleep() {
			try {
				Thread.sleep(60_000);
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}

		@AfterCommitDispatch(name = "quick")
		void quick() {
			called("quick");
			work("quick");
		}

		@AfterCommitDispatch(name = "limited")
		void limited() {
			work("limited");
		}

		/**
		 * Takes about as long as the limit.
		 */
		private void work(String method) {
			long begin = System.nanoTime();
			while (System.nanoTime() - begin < 2_000_000) {
				if (Thread.interrupted()) {
					noteInterruption(method);
				}
				Thread.onSpinWait();
			}
		}

		@AfterCommitDispatch(name = "waitForEver")
		void waitForEver() throws InterruptedException {
			called("waitForEver");
			try {
				Thread.sleep(60_000);
			}
			catch (InterruptedException ex) {
				noteInterruption("waitForEver");
				throw ex;
			}
		}

		@AfterCommitDispatch
		CompletableFuture<List<Integer>> returned(List<Integer> value) {
			return CompletableFuture.completedFuture(value);
		}

		@AfterCommitDispatch
		@Transactional
		DispatchResult<String> returnedTransactionally(String value) {
			this.jdbc.sql("INSERT INTO effect VALUES (?)").param(value).update();
			return DispatchResult.of(value);
		}

		@AfterCommitDispatch("SELECT i AS number FROM generate_series(1, :count) AS i")
		CompletableFuture<List<Row>> rows(int count) {
			throw new AssertionError("Not run");
		}

		@AfterCommitDispatch("SELECT FROM generate_series(1, :count)")
		CompletableFuture<Long> rowCount(int count) {
			throw new AssertionError("Not run");
		}

		@AfterCommitDispatch(maxAttempts = 1)
		CompletableFuture<String> failingResult() {
			throw new IllegalStateException("Broken");
		}

	}

	record Row(int number) {

	}

}
