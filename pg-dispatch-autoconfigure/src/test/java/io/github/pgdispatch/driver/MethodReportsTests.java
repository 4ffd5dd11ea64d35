package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.event.AttemptFailedEvent;
import io.github.pgdispatch.event.DeadLetterEvent;
import io.github.pgdispatch.event.DriverBackEvent;
import io.github.pgdispatch.event.DriverLostEvent;
import io.github.pgdispatch.event.HandlerUnknownEvent;
import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.event.JobTakenOverEvent;
import io.github.pgdispatch.test.HandlerNode;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

/**
 * What the driver of methods tells its listeners.
 */
@ExtendWith(OutputCaptureExtension.class)
@PostgresTest
class MethodReportsTests {

	private static final String NO_POLL = "pgdispatch.worker.poll-interval=1h";

	private TestDatabase database;

	private JdbcClient jdbc;

	@BeforeEach
	void install(TestDatabase database) {
		this.database = database.install("app");
		this.jdbc = database.jdbcOfOneSession("app");
	}

	@Test
	void tellsOfEachAttemptOnceItsOutcomeIsWritten() {
		try (HandlerNode node = node("pgdispatch.retry.max-attempts=2", "pgdispatch.retry.back-off=10ms")) {
			long done = dispatch("done");
			long transactional = dispatch("transactional");
			long failing = dispatch("failing");
			RecordingListener told = node.bean(RecordingListener.class);
			await().until(() -> told.told(EndedAttempt.class).size() == 4);
			assertThat(told.told(EndedAttempt.class))
				.extracting(EndedAttempt::jobId, EndedAttempt::handler, EndedAttempt::attempt, EndedAttempt::outcome,
						EndedAttempt::exception)
				.containsExactlyInAnyOrder(tuple(done, "done", 1, AttemptOutcome.DONE, null),
						tuple(transactional, "transactional", 1, AttemptOutcome.DONE, null),
						tuple(failing, "failing", 1, AttemptOutcome.RETRIED, IllegalStateException.class.getName()),
						tuple(failing, "failing", 2, AttemptOutcome.FAILED, IllegalStateException.class.getName()));
			assertThat(told.told(EndedAttempt.class)).allSatisfy((attempt) -> {
				assertThat(attempt.delay()).isBetween(Duration.ZERO, Duration.ofMinutes(1));
				assertThat(attempt.duration()).isBetween(Duration.ofNanos(1), Duration.ofMinutes(1));
			});
			assertThat(told.told(AttemptFailedEvent.class)).containsExactly(new AttemptFailedEvent(failing, "failing",
					null, 1, null, "java.lang.IllegalStateException: It cannot be done"));
			assertThat(told.told(DeadLetterEvent.class)).containsExactly(new DeadLetterEvent(failing, "failing", null,
					2, null, "java.lang.IllegalStateException: It cannot be done"));
		}
	}

	@Test
	void tellsOfASleepAsNoFailure() {
		try (HandlerNode node = node()) {
			long id = dispatch("sleeping");
			RecordingListener told = node.bean(RecordingListener.class);
			await().until(() -> told.told(EndedAttempt.class).size() == 2);
			assertThat(told.told(EndedAttempt.class))
				.extracting(EndedAttempt::jobId, EndedAttempt::attempt, EndedAttempt::outcome, EndedAttempt::exception)
				.containsExactly(tuple(id, 1, AttemptOutcome.SLEEPING, null), tuple(id, 1, AttemptOutcome.DONE, null));
			assertThat(told.told(AttemptFailedEvent.class)).isEmpty();
		}
	}

	/**
	 * The method has done its work, so that another attempt would do it again.
	 */
	@Test
	void tellsOfTheDeadLetterOfAJobWhoseResultIsTooLarge() {
		this.jdbc.sql("CALL pgdispatch.configure(result_limit => 10)").update();
		try (HandlerNode node = node()) {
			RecordingListener told = node.bean(RecordingListener.class);
			long id = this.jdbc
				.sql("SELECT pgdispatch.dispatch_handler('large', max_attempts => 5, keep_result => '1 hour')")
				.query(Long.class)
				.single();
			await().until(() -> !told.told(DeadLetterEvent.class).isEmpty());
			assertThat(told.told(DeadLetterEvent.class)).singleElement().satisfies((event) -> {
				assertThat(event.jobId()).isEqualTo(id);
				assertThat(event.sqlState()).isEqualTo("PD002");
				assertThat(event.message()).contains("the result is larger than 10 bytes");
			});
			assertThat(told.told(EndedAttempt.class)).extracting(EndedAttempt::outcome)
				.containsExactly(AttemptOutcome.FAILED);
			assertThat(count("pgdispatch.result WHERE state = 'failed' AND sqlstate = 'PD002'")).isOne();
		}
	}

	@Test
	void tellsOfAttemptsThatAreCancelledOrGivenBack() throws Exception {
		RecordingListener told;
		try (HandlerNode node = node("spring.lifecycle.timeout-per-shutdown-phase=1s")) {
			told = node.bean(RecordingListener.class);
			long cancelled = dispatch("interruptible");
			node.bean(Methods.class).awaitBegin();
			node.bean(PgDispatchTemplate.class).cancel(cancelled);
			await().until(() -> told.told(EndedAttempt.class).size() == 1);
			dispatch("stubborn");
			node.bean(Methods.class).awaitBegin();
		}
		assertThat(told.told(EndedAttempt.class)).extracting(EndedAttempt::handler, EndedAttempt::outcome)
			.containsExactly(tuple("interruptible", AttemptOutcome.CANCELLED),
					tuple("stubborn", AttemptOutcome.RELEASED));
	}

	/**
	 * After the second death, the job is run in isolation.
	 */
	@ParameterizedTest
	@ValueSource(ints = { 1, 2 })
	void tellsOnceThatAJobWasTakenOverFromADeadNode(int deaths) {
		long id = dispatch("failsTheFirstTimeHere");
		for (int death = 1; death <= deaths; death++) {
			claimAndDie(death);
		}
		try (HandlerNode node = node("pgdispatch.worker.lease=1s", "pgdispatch.worker.poll-interval=200ms",
				"pgdispatch.retry.max-attempts=9", "pgdispatch.retry.back-off=10ms")) {
			RecordingListener told = node.bean(RecordingListener.class);
			dispatch("done");
			await().until(() -> told.told(EndedAttempt.class)
				.stream()
				.filter((attempt) -> attempt.outcome() == AttemptOutcome.DONE)
				.count() == 2);
			assertThat(told.told(JobTakenOverEvent.class))
				.containsExactly(new JobTakenOverEvent(id, "failsTheFirstTimeHere", deaths + 1));
		}
	}

	@Test
	void tellsOfTheDeadLetterOfAJobDuringWhichFiveNodesDied(CapturedOutput output) {
		long id = dispatch("done");
		this.jdbc.sql("UPDATE pgdispatch.handler_job SET crashes = 4, attempts = 5, claimed_by = gen_random_uuid()")
			.update();
		try (HandlerNode node = node()) {
			RecordingListener told = node.bean(RecordingListener.class);
			await().until(() -> !told.told(DeadLetterEvent.class).isEmpty());
			assertThat(told.told(DeadLetterEvent.class)).containsExactly(new DeadLetterEvent(id, "done", null, 5,
					"58000", "pgdispatch: 5 nodes died while they ran this job"));
			assertThat(count("pgdispatch.dead_letter")).isOne();
		}
		assertThat(output).containsOnlyOnce("5 nodes died while they ran this job");
	}

	private void claimAndDie(int attempt) {
		await().until(() -> this.jdbc.sql("""
				SELECT attempts
				  FROM pgdispatch.claim_handler_jobs(?, '10 ms', '{failsTheFirstTimeHere}', '{1}', 1)""")
			.param(UUID.randomUUID())
			.query(Integer.class)
			.list(), List.of(attempt)::equals);
	}

	@Test
	void tellsOnceOfAnUnknownHandler() {
		dispatch("renamed");
		this.jdbc.sql("UPDATE pgdispatch.handler_job SET due_at = now() - interval '1 minute'").update();
		try (HandlerNode node = node("pgdispatch.worker.poll-interval=50ms")) {
			RecordingListener told = node.bean(RecordingListener.class);
			await().until(() -> !told.told(HandlerUnknownEvent.class).isEmpty());
			this.jdbc.sql("SELECT pgdispatch.snooze('SELECT 1', '1 second')").query().singleValue();
			await().until(() -> count("pgdispatch.job") == 0);
			assertThat(told.told(HandlerUnknownEvent.class)).containsExactly(new HandlerUnknownEvent("renamed"));
		}
	}

	@Test
	void tellsThatTheDatabaseWasLostAndIsBack() {
		try (HandlerNode node = node(NO_POLL)) {
			RecordingListener told = node.bean(RecordingListener.class);
			dispatch("done");
			await().until(() -> !told.told(EndedAttempt.class).isEmpty());
			awaitWatchers();
			assertThat(told.told(DriverLostEvent.class)).isEmpty();
			this.database.jdbc("postgres").sql("""
					SELECT count(pg_terminate_backend(pid))
					  FROM pg_stat_activity
					 WHERE usename = 'app' AND datname = current_database()""").query().singleValue();
			await().until(() -> told.told(DriverBackEvent.class).size() == 2);
			assertThat(told.told(DriverLostEvent.class)).extracting(DriverLostEvent::jobs)
				.containsExactlyInAnyOrder(JobKind.SQL, JobKind.HANDLER);
			assertThat(told.told(DriverLostEvent.class))
				.allSatisfy((event) -> assertThat(event.reason()).contains("terminating connection"));
			assertThat(told.told(DriverBackEvent.class)).extracting(DriverBackEvent::jobs)
				.containsExactlyInAnyOrder(JobKind.SQL, JobKind.HANDLER);
		}
	}

	@Test
	void tellsWhatHasWokenIt() {
		try (HandlerNode node = node(NO_POLL)) {
			RecordingListener told = node.bean(RecordingListener.class);
			awaitWatchers();
			node.transaction().executeWithoutResult((status) -> node.bean(Methods.class).done());
			await().until(() -> told.told(RecordingListener.WakeUp.class).size() == 1);
			await().until(() -> !told.told(EndedAttempt.class).isEmpty());
			dispatch("done");
			await().until(() -> told.told(RecordingListener.WakeUp.class).size() == 2);
			this.jdbc.sql("SELECT pgdispatch.dispatch_handler('done', delay => '1 second')").query().singleValue();
			await().until(() -> told.told(EndedAttempt.class).size() == 3);
			assertThat(told.told(RecordingListener.WakeUp.class)).extracting(RecordingListener.WakeUp::source)
				.containsExactly(WakeUpSource.COMMIT, WakeUpSource.NOTIFY, WakeUpSource.DUE);
		}
		try (HandlerNode node = node("pgdispatch.worker.poll-interval=100ms", "pgdispatch.worker.listen=false")) {
			RecordingListener told = node.bean(RecordingListener.class);
			awaitWatchers();
			dispatch("done");
			await().until(() -> !told.told(EndedAttempt.class).isEmpty());
			assertThat(told.told(RecordingListener.WakeUp.class)).extracting(RecordingListener.WakeUp::source)
				.containsOnly(WakeUpSource.POLL);
		}
	}

	@Test
	void tellsTheBeginningAndTheEndOfAnAttemptOnItsThread() {
		try (HandlerNode node = node("pgdispatch.retry.max-attempts=1")) {
			long done = dispatch("done");
			long failing = dispatch("failing");
			RecordingListener told = node.bean(RecordingListener.class);
			await().until(() -> told.told(RecordingListener.ClosedAttempt.class).size() == 2);
			assertThat(told.told(RecordingListener.ClosedAttempt.class))
				.allMatch(RecordingListener.ClosedAttempt::onSameThread)
				.anySatisfy((attempt) -> {
					assertThat(attempt.attempt().context().jobId()).isEqualTo(done);
					assertThat(attempt.outcome()).isEqualTo(AttemptOutcome.DONE);
					assertThat(attempt.error()).isNull();
				})
				.anySatisfy((attempt) -> {
					assertThat(attempt.attempt().context().jobId()).isEqualTo(failing);
					assertThat(attempt.outcome()).isNull();
					assertThat(attempt.error()).hasMessageContaining("It cannot be done");
				});
		}
	}

	@Test
	void listenerThatThrowsIsLoggedAndHarmsNothing(CapturedOutput output) {
		try (HandlerNode node = HandlerNode.start(this.database, FailingApplication.class,
				"pgdispatch.retry.max-attempts=3", "pgdispatch.retry.back-off=10ms")) {
			dispatch("failing");
			for (int i = 0; i < 20; i++) {
				dispatch("done");
			}
			this.jdbc.sql("SELECT pgdispatch.fire('SELECT 1/0')").query().singleValue();
			await().until(() -> count("pgdispatch.dead_letter") == 2 && count("pgdispatch.handler_job") == 0);
			// Listeners are told after the commit.
			await().untilAsserted(
					() -> assertThat(node.bean(RecordingListener.class).told(EndedAttempt.class)).hasSize(23));
		}
		assertThat(output.getOut().lines().filter((line) -> line.contains("A listener of the drivers"))).hasSize(2);
		assertThat(output).doesNotContain("lost");
	}

	private HandlerNode node(String... properties) {
		return HandlerNode.start(this.database, Application.class, properties);
	}

	private long dispatch(String handler) {
		return this.jdbc.sql("SELECT pgdispatch.dispatch_handler(?)").param(handler).query(Long.class).single();
	}

	private int count(String from) {
		return this.jdbc.sql("SELECT count(*) FROM " + from).query(Integer.class).single();
	}

	/**
	 * Waits until both drivers have looked at the queue.
	 */
	private void awaitWatchers() {
		await().until(() -> count("""
				pg_stat_activity
				 WHERE datname = current_database()
				   AND state = 'idle'
				   AND query ~ 'pgdispatch.poll_(handlers|queue)[(]'""") == 2);
	}

	@Configuration(proxyBeanMethods = false)
	static class Application {

		@Bean
		Methods methods() {
			return new Methods();
		}

		@Bean
		RecordingListener recordingListener() {
			return new RecordingListener();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class FailingApplication {

		@Bean
		Methods methods() {
			return new Methods();
		}

		@Bean
		RecordingListener failingListener() {
			return new RecordingListener() {

				@Override
				void record(Object told) {
					super.record(told);
					if (!(told instanceof BegunAttempt attempt) || attempt.context().attempt() > 1) {
						throw new IllegalStateException("listener");
					}
				}

			};
		}

	}

	static class Methods {

		private volatile CountDownLatch began = new CountDownLatch(1);

		private final CountDownLatch never = new CountDownLatch(1);

		private volatile boolean failed;

		void awaitBegin() throws InterruptedException {
			assertThat(this.began.await(1, TimeUnit.MINUTES)).isTrue();
			this.began = new CountDownLatch(1);
		}

		@AfterCommitDispatch(name = "done")
		void done() {
		}

		@AfterCommitDispatch(name = "sleeping")
		void sleeping(DispatchContext context) {
			context.sleep("nap", Duration.ZERO);
		}

		@AfterCommitDispatch(name = "large")
		CompletableFuture<String> large() {
			return CompletableFuture.completedFuture("a large result");
		}

		@Transactional
		@AfterCommitDispatch(name = "transactional")
		void transactional() {
		}

		@AfterCommitDispatch(name = "failing")
		void failing() {
			throw new IllegalStateException("It cannot be done\nDetail: secret");
		}

		@AfterCommitDispatch(name = "failsTheFirstTimeHere")
		void failsTheFirstTimeHere(DispatchContext context) {
			if (!this.failed) {
				this.failed = true;
				throw new IllegalStateException("attempt " + context.attempt());
			}
		}

		@AfterCommitDispatch(name = "interruptible")
		void interruptible() throws InterruptedException {
			this.began.countDown();
			this.never.await(1, TimeUnit.MINUTES);
		}

		@AfterCommitDispatch(name = "stubborn")
		void stubborn() throws InterruptedException {
			interruptible();
		}

	}

}
