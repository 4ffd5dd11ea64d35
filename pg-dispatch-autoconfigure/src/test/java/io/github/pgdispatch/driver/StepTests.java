package io.github.pgdispatch.driver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.IdempotencyKeyInterceptor;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.HttpMethod;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.mock.http.client.MockClientHttpRequest;
import org.springframework.mock.http.client.MockClientHttpResponse;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A method is divided into steps, and another attempt goes on behind those that are done.
 */
@PostgresTest
class StepTests {

	private static final String[] RETRIES = { "pgdispatch.retry.max-attempts=3", "pgdispatch.retry.back-off=10ms" };

	private TestDatabase database;

	private JdbcClient jdbc;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.jdbc = database.jdbc("app");
		this.jdbc.sql("CREATE TABLE effect (number serial, what text)").update();
	}

	@Test
	void retryGoesOnBehindTheStepsThatAreDone() {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class, RETRIES)) {
			run("order");
			assertThat(effects()).containsExactly("charge", "reserve", "mail", "mail", "mail", "outside of steps");
			Methods methods = node.bean(Methods.class);
			assertThat(methods.values()).containsExactly("receipt 1", "receipt 1", "receipt 1");
			assertThat(methods.keys()).hasSize(3).containsOnly(methods.keys().get(0));
			assertThat(methods.keys().get(0))
				.matches("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
		}
		assertNothingLeft();
	}

	@Test
	void resultsComeBackAsTheyWere() {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class, RETRIES)) {
			run("results");
			assertThat(node.bean(Methods.class).values()).hasSize(2)
				.containsOnly(node.bean(Methods.class).values().get(0));
			assertThat(node.bean(Methods.class).values().get(0))
				.isEqualTo("Receipt[id=7, total=3] null [Receipt[id=1, total=0]] {a=[1]} 5");
		}
		assertNothingLeft();
	}

	@Test
	void effectsOfATransactionalStepAreUndoneIfItFails() {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class, RETRIES)) {
			run("transactional");
		}
		assertThat(effects()).containsExactly("attempt 2");
		assertNothingLeft();
	}

	@Test
	void stepIsRefusedInATransaction() {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class)) {
			run("inTransaction");
		}
		assertThat(deadLetter()).contains("cannot be called in a transaction");
		assertThat(effects()).isEmpty();
	}

	@Test
	void nameIdentifiesAStep() {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class)) {
			run("twice");
		}
		assertThat(deadLetter()).contains("has called the step 'same' before");
		assertThat(effects()).containsExactly("first");
	}

	@Test
	void stepThatFailedCanBeCalledAgainInTheSameAttempt() {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class)) {
			run("again");
		}
		assertThat(effects()).containsExactly("try 1", "try 2");
		assertNothingLeft();
	}

	@Test
	void resultThatCannotBeStoredFailsTheJobForGood() {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class, RETRIES)) {
			run("unstorable");
		}
		assertThat(deadLetter()).contains("The result of the step 'object' cannot be stored");
		assertThat(effects()).containsExactly("effect");
	}

	@Test
	void stepsMayRunAtOnceAndHaveToEndWithTheMethod() {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class)) {
			run("parallel");
			assertThat(effects()).containsExactlyInAnyOrder("left", "right");
			run("escaping");
			Methods methods = node.bean(Methods.class);
			methods.letItEscape();
			await().until(() -> methods.values().size() == 1);
			assertThat(methods.values().get(0)).contains("has ended");
		}
		assertNothingLeft();
	}

	@Test
	void sleepGivesTheThreadBackAndSpendsNoAttempt() {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class, "pgdispatch.worker.concurrency=1")) {
			this.jdbc.sql("SELECT pgdispatch.dispatch_handler('sleeping')").query().singleValue();
			await().until(() -> state().equals("snoozed"));
			run("again");
			assertThat(effects()).containsExactly("before 1", "try 1", "try 2");
			long id = this.jdbc.sql("SELECT id FROM pgdispatch.handler_job").query(Long.class).single();
			assertThat(node.bean(PgDispatchTemplate.class).find(id)).hasValueSatisfying((job) -> {
				assertThat(job.attempts()).isZero();
				assertThat(job.message()).isNull();
			});
			this.jdbc.sql("SELECT pgdispatch.run_now(?)").param(id).query().singleValue();
			awaitNoJob();
			assertThat(effects()).endsWith("after 1");
		}
		assertNothingLeft();
	}

	@Test
	void sleepSurvivesARestart() {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class)) {
			this.jdbc.sql("SELECT pgdispatch.dispatch_handler('napping')").query().singleValue();
			await().until(() -> this.jdbc.sql("SELECT count(*) FROM pgdispatch.step WHERE name = 'nap'")
				.query(Integer.class)
				.single() == 1);
		}
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class)) {
			awaitNoJob();
		}
		assertThat(effects()).containsExactly("before", "after");
		assertNothingLeft();
	}

	@Test
	void caughtSleepSignalIsNoticed() {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class)) {
			run("insomniac");
		}
		assertThat(deadLetter()).contains("must not catch a SleepSignal");
		assertThat(effects()).isEmpty();
	}

	@Test
	void sleepSignalMayBeTheCauseOfAnotherException() {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class)) {
			run("wrapping");
		}
		assertThat(effects()).containsExactly("after");
		assertNothingLeft();
	}

	@Test
	void jobCannotSleepInsideOfAStep() {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class)) {
			run("sleepingInStep");
		}
		assertThat(deadLetter()).contains("cannot sleep while its steps [outer] are running");
	}

	@Test
	void deadLetterIsRetriedBehindItsSteps() {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class)) {
			run("order");
			assertThat(effects()).containsExactly("charge", "reserve", "mail");
			for (int i = 0; i < 2; i++) {
				this.jdbc.sql("SELECT pgdispatch.retry(id) FROM pgdispatch.dead_letter").query().singleValue();
				awaitNoJob();
			}
			node.bean(Methods.class).work();
			this.jdbc.sql("SELECT pgdispatch.retry(id) FROM pgdispatch.dead_letter").query().singleValue();
			awaitNoJob();
			assertThat(effects()).containsExactly("charge", "reserve", "mail", "mail", "mail", "mail",
					"outside of steps");
			assertThat(node.bean(Methods.class).keys()).hasSize(4).containsOnly(node.bean(Methods.class).keys().get(0));
		}
		assertNothingLeft();
	}

	@Test
	void stepsMayBeAddedRemovedAndRenamedBetweenVersions() {
		try (HandlerNode node = HandlerNode.start(this.database, VersionOne.class)) {
			run("evolving");
		}
		assertThat(effects()).containsExactly("kept", "removed", "old name");
		this.jdbc.sql("SELECT pgdispatch.retry(id) FROM pgdispatch.dead_letter").query().singleValue();
		try (HandlerNode node = HandlerNode.start(this.database, VersionTwo.class)) {
			awaitNoJob();
		}
		assertThat(effects()).containsExactly("kept", "removed", "old name", "added", "new name");
		assertNothingLeft();
	}

	@Test
	void jobWaitsForANodeWithAMethodThatTheResultFits() {
		try (HandlerNode node = HandlerNode.start(this.database, VersionOne.class)) {
			run("retyped");
			node.bean(HandlerDriver.class).stop();
			this.jdbc.sql("SELECT pgdispatch.retry(id) FROM pgdispatch.dead_letter").query().singleValue();
		}
		try (HandlerNode node = HandlerNode.start(this.database, VersionTwo.class)) {
			await().until(() -> state().equals("snoozed"));
			this.jdbc.sql("SELECT pgdispatch.run_now(id) FROM pgdispatch.handler_job").query().singleValue();
			await().until(() -> state().equals("snoozed"));
			assertThat(this.jdbc.sql("SELECT count(*) FROM pgdispatch.dead_letter").query(Integer.class).single())
				.isZero();
		}
		try (HandlerNode node = HandlerNode.start(this.database, VersionThree.class)) {
			awaitNoJob();
		}
		assertThat(effects()).containsExactly("number", "7");
	}

	@Test
	void jobIsDispatchedOrNotTogetherWithATransactionalStep() {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class, RETRIES)) {
			run("dispatching");
			await().until(() -> effects().size() == 1);
			awaitNoJob();
		}
		assertThat(effects()).containsExactly("dispatched");
		assertNothingLeft();
	}

	@Test
	void requestsOfAStepHaveItsIdempotencyKey() {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class)) {
			run("requesting");
			Methods methods = node.bean(Methods.class);
			assertThat(methods.values()).containsExactly(methods.keys().get(0), "null");
		}
	}

	@Test
	void logLinesNameTheStep() {
		try (HandlerNode node = HandlerNode.start(this.database, Methods.class)) {
			run("logging");
			assertThat(node.bean(Methods.class).values()).containsExactly("outer", "inner", "outer", "null");
		}
	}

	private void run(String handler) {
		this.jdbc.sql("SELECT pgdispatch.dispatch_handler(?)").param(handler).query().singleValue();
		await().until(() -> this.jdbc.sql("SELECT count(*) FROM pgdispatch.handler_job WHERE handler = ?")
			.param(handler)
			.query(Integer.class)
			.single() == 0);
	}

	private void awaitNoJob() {
		await().until(
				() -> this.jdbc.sql("SELECT count(*) FROM pgdispatch.handler_job").query(Integer.class).single() == 0);
	}

	private String state() {
		return this.jdbc.sql("SELECT state FROM pgdispatch.handler_job AS j, pgdispatch.find(j.id)")
			.query(String.class)
			.optional()
			.orElse("");
	}

	private List<String> effects() {
		return this.jdbc.sql("SELECT what FROM effect ORDER BY number").query(String.class).list();
	}

	private String deadLetter() {
		return this.jdbc.sql("SELECT message FROM pgdispatch.dead_letter").query(String.class).single();
	}

	private void assertNothingLeft() {
		assertThat(this.jdbc.sql("""
				SELECT (SELECT count(*) FROM pgdispatch.step) + (SELECT count(*) FROM pgdispatch.managed_job)
				     + (SELECT count(*) FROM pgdispatch.dead_letter)""").query(Integer.class).single()).isZero();
	}

	record Receipt(long id, int total) {

	}

	abstract static class Effects {

		private final JdbcClient jdbc;

		Effects(JdbcClient jdbc) {
			this.jdbc = jdbc;
		}

		void effect(String what) {
			this.jdbc.sql("INSERT INTO effect (what) VALUES (?)").param(what).update();
		}

		static void fail(boolean fails) {
			if (fails) {
				throw new IllegalStateException("as planned");
			}
		}

	}

	static class Methods extends Effects {

		private final List<String> values = new CopyOnWriteArrayList<>();

		private final List<String> keys = new CopyOnWriteArrayList<>();

		private final CountDownLatch ended = new CountDownLatch(1);

		private final PgDispatchTemplate template;

		private final IdempotencyKeyInterceptor interceptor;

		private volatile boolean working;

		Methods(JdbcClient jdbc, PgDispatchTemplate template, IdempotencyKeyInterceptor interceptor) {
			super(jdbc);
			this.interceptor = interceptor;
			this.template = template;
		}

		List<String> values() {
			return this.values;
		}

		List<String> keys() {
			return this.keys;
		}

		void letItEscape() {
			this.ended.countDown();
		}

		void work() {
			this.working = true;
		}

		@AfterCommitDispatch(name = "order")
		void order(DispatchContext context) {
			this.keys.add(context.idempotencyKey("charge"));
			this.values.add(context.step("charge", String.class, () -> {
				effect("charge");
				return "receipt " + context.attempt();
			}));
			context.transactionalStep("reserve", () -> effect("reserve"));
			context.step("mail", () -> {
				effect("mail");
				fail(!this.working && context.attempt() < 3);
			});
			effect("outside of steps");
		}

		@AfterCommitDispatch(name = "results")
		void results(DispatchContext context) {
			Receipt receipt = context.step("record", Receipt.class, () -> new Receipt(7, 3));
			String none = context.step("null", String.class, () -> null);
			List<Receipt> list = context.step("list", new ParameterizedTypeReference<>() {
			}, () -> new ArrayList<>(List.of(new Receipt(1, 0))));
			Map<String, List<Integer>> map = context.transactionalStep("map", new ParameterizedTypeReference<>() {
			}, () -> Map.of("a", List.of(1)));
			int number = context.transactionalStep("number", int.class, () -> 5);
			this.values.add(receipt + " " + none + " " + list + " " + map + " " + number);
			fail(context.attempt() == 1);
		}

		@AfterCommitDispatch(name = "transactional")
		void transactional(DispatchContext context) {
			context.transactionalStep("step", () -> {
				effect("attempt " + context.attempt());
				fail(context.attempt() == 1);
			});
		}

		@Transactional
		@AfterCommitDispatch(name = "inTransaction")
		void inTransaction(DispatchContext context) {
			context.step("step", () -> effect("never"));
		}

		@AfterCommitDispatch(name = "twice")
		void twice(DispatchContext context) {
			context.step("same", () -> effect("first"));
			context.step("same", () -> effect("second"));
		}

		@AfterCommitDispatch(name = "again")
		void again(DispatchContext context) {
			try {
				context.step("step", () -> {
					effect("try 1");
					fail(true);
				});
			}
			catch (IllegalStateException ex) {
				context.step("step", () -> effect("try 2"));
			}
		}

		@AfterCommitDispatch(name = "unstorable")
		void unstorable(DispatchContext context) {
			context.step("object", Object.class, () -> {
				effect("effect");
				return new Receipt(1, 1);
			});
		}

		@AfterCommitDispatch(name = "parallel")
		void parallel(DispatchContext context) {
			CountDownLatch both = new CountDownLatch(2);
			CompletableFuture<Void> left = CompletableFuture
				.runAsync(() -> context.step("left", () -> meet(both, "left")));
			CompletableFuture<Void> right = CompletableFuture
				.runAsync(() -> context.transactionalStep("right", () -> meet(both, "right")));
			CompletableFuture.allOf(left, right).join();
		}

		private void meet(CountDownLatch both, String what) {
			both.countDown();
			try {
				both.await();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
			effect(what);
		}

		@AfterCommitDispatch(name = "escaping")
		void escaping(DispatchContext context) {
			Thread thread = new Thread(() -> {
				try {
					this.ended.await();
					context.step("late", () -> effect("never"));
				}
				catch (InterruptedException | RuntimeException ex) {
					this.values.add(String.valueOf(ex.getMessage()));
				}
			});
			thread.start();
		}

		@AfterCommitDispatch(name = "sleeping")
		void sleeping(DispatchContext context) {
			context.step("before", () -> effect("before " + context.attempt()));
			context.sleep("nap", Duration.ofHours(1));
			effect("after " + context.attempt());
		}

		@AfterCommitDispatch(name = "napping")
		void napping(DispatchContext context) {
			context.step("before", () -> effect("before"));
			context.sleep("nap", Duration.ofSeconds(2));
			context.step("after", () -> effect("after"));
		}

		@AfterCommitDispatch(name = "insomniac")
		void insomniac(DispatchContext context) {
			for (String nap : List.of("one", "two")) {
				try {
					context.sleep(nap, Duration.ZERO);
					effect("never");
				}
				catch (Throwable ex) {
					Objects.requireNonNull(ex);
				}
			}
		}

		@AfterCommitDispatch(name = "wrapping")
		void wrapping(DispatchContext context) {
			try {
				context.sleep("nap", Duration.ZERO);
			}
			catch (Throwable ex) {
				throw new IllegalStateException(ex);
			}
			effect("after");
		}

		@AfterCommitDispatch(name = "sleepingInStep")
		void sleepingInStep(DispatchContext context) {
			context.step("outer", () -> context.sleep("nap", Duration.ZERO));
		}

		@AfterCommitDispatch(name = "dispatching")
		void dispatching(DispatchContext context) {
			context.transactionalStep("dispatch", () -> {
				this.template.dispatch(Dispatch.sql("INSERT INTO effect (what) VALUES ('dispatched')"));
				fail(context.attempt() == 1);
			});
			fail(context.attempt() == 2);
		}

		@AfterCommitDispatch(name = "requesting")
		void requesting(DispatchContext context) {
			this.keys.add(context.idempotencyKey("request"));
			context.step("request", this::request);
			request();
		}

		private void request() {
			MockClientHttpRequest request = new MockClientHttpRequest(HttpMethod.POST, URI.create("http://localhost"));
			try {
				this.interceptor
					.intercept(request, new byte[0], (executed, body) -> new MockClientHttpResponse(body, 200))
					.close();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
			this.values.add(String.valueOf(request.getHeaders().getFirst(IdempotencyKeyInterceptor.HEADER)));
		}

		@AfterCommitDispatch(name = "logging")
		void logging(DispatchContext context) {
			context.step("outer", () -> {
				note();
				context.step("inner", this::note);
				note();
			});
			note();
		}

		private void note() {
			this.values.add(String.valueOf(MDC.get("pgdispatch.job.step")));
		}

	}

	static class VersionOne extends Effects {

		VersionOne(JdbcClient jdbc) {
			super(jdbc);
		}

		@AfterCommitDispatch(name = "evolving")
		void evolving(DispatchContext context) {
			context.step("kept", () -> effect("kept"));
			context.step("removed", () -> effect("removed"));
			context.step("old name", () -> effect("old name"));
			fail(true);
		}

		@AfterCommitDispatch(name = "retyped")
		void retyped(DispatchContext context) {
			context.step("number", Integer.class, () -> {
				effect("number");
				return 7;
			});
			fail(true);
		}

	}

	static class VersionTwo extends Effects {

		VersionTwo(JdbcClient jdbc) {
			super(jdbc);
		}

		@AfterCommitDispatch(name = "evolving")
		void evolving(DispatchContext context) {
			context.step("added", () -> effect("added"));
			context.step("new name", () -> effect("new name"));
			context.step("kept", () -> effect("kept again"));
		}

		@AfterCommitDispatch(name = "retyped")
		void retyped(DispatchContext context) {
			Receipt receipt = context.step("number", Receipt.class, () -> new Receipt(1, 1));
			effect(receipt.toString());
		}

	}

	static class VersionThree extends Effects {

		VersionThree(JdbcClient jdbc) {
			super(jdbc);
		}

		@AfterCommitDispatch(name = "retyped")
		void retyped(DispatchContext context) {
			@Nullable Long number = context.step("number", Long.class, () -> 1L);
			effect(String.valueOf(number));
		}

	}

}
