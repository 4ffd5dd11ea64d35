package io.github.pgdispatch.observability;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import javax.sql.DataSource;

import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.driver.AttemptOutcome;
import io.github.pgdispatch.driver.DriverState;
import io.github.pgdispatch.driver.EndedAttempt;
import io.github.pgdispatch.driver.ObservedDriver;
import io.github.pgdispatch.event.DriverBackEvent;
import io.github.pgdispatch.event.DriverLostEvent;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import org.springframework.jdbc.support.JdbcTransactionManager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link PgDispatchHealthIndicator}. The queue is real; the drivers and the
 * time that passes are not.
 */
@PostgresTest
class PgDispatchHealthIndicatorTests {

	private static final DriverState IDLE = new DriverState(JobKind.HANDLER, true, true, false, true, true, false, 0,
			2);

	private final AtomicLong nanoTime = new AtomicLong(1);

	private final DriverActivity activity = new DriverActivity(this.nanoTime::get);

	private PgDispatchOperations operations;

	private StatusSampler sampler;

	private Session session;

	@BeforeEach
	void install(TestDatabase database) throws Exception {
		database.install("app");
		this.session = new Session(database, "app");
		DataSource dataSource = database.dataSource("app");
		this.operations = PgDispatchOperations.create(dataSource, new JdbcTransactionManager(dataSource));
		this.sampler = new StatusSampler(this.operations::status, List.of(), Duration.ofMillis(20), Thread::new,
				() -> false);
	}

	@AfterEach
	void close() throws Exception {
		this.sampler.stop();
		this.session.close();
	}

	private Health health(DriverState state) {
		this.sampler.start();
		await().until(() -> this.sampler.latest() != null || this.sampler.failure() != null);
		return new PgDispatchHealthIndicator(() -> List.of(new Driver(state)), this.activity, this.sampler,
				Duration.ofSeconds(5))
			.health();
	}

	private void overdue(String handler) throws Exception {
		this.session.run("SELECT pgdispatch.dispatch_handler('" + handler + "')",
				"UPDATE pgdispatch.handler_job SET due_at = due_at - interval '2 hours'");
	}

	private void pass(Duration duration) {
		this.nanoTime.addAndGet(duration.toNanos());
	}

	@Test
	void sleepingDriverIsUp() {
		Health health = health(new DriverState(JobKind.HANDLER, true, true, false, false, false, true, 0, 2));
		assertThat(health.getStatus()).isEqualTo(Status.UP);
		assertThat(health.getDetails()).containsEntry("methods", "0 of 2 busy, asleep");
	}

	@Test
	void idleNodeIsUp() {
		Health health = health(IDLE);
		assertThat(health.getStatus()).isEqualTo(Status.UP);
		assertThat(health.getDetails()).containsEntry("methods", "0 of 2 busy")
			.containsEntry("waiting", 0L)
			.containsEntry("deadLetters", 0L);
	}

	@Test
	void overdueJobThatNobodyRunsIsAStall() throws Exception {
		overdue("mails.send");
		pass(Duration.ofSeconds(59));
		assertThat(health(IDLE).getStatus()).isEqualTo(Status.UP);
		pass(Duration.ofSeconds(2));
		Health health = health(IDLE);
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		assertThat(health.getDetails().get("problems")).asString().contains("The queue of methods is stalled");
	}

	@Test
	void noStallWhereTheNodeCannotRunTheJob() throws Exception {
		overdue("unknown.handler");
		pass(Duration.ofMinutes(2));
		assertThat(health(IDLE).getStatus()).isEqualTo(Status.UP);
	}

	@Test
	void noStallWhereTheNodeIsBusyOrDrainedOrJobsArePaused() throws Exception {
		overdue("mails.send");
		pass(Duration.ofMinutes(2));
		assertThat(health(new DriverState(JobKind.HANDLER, true, true, false, true, true, false, 2, 2)).getStatus())
			.isEqualTo(Status.UP);
		Health drained = health(new DriverState(JobKind.HANDLER, true, true, true, false, false, false, 0, 2));
		assertThat(drained.getStatus()).isEqualTo(Status.UP);
		assertThat(drained.getDetails()).containsEntry("methods", "0 of 2 busy, drained");
		this.activity.attemptEnded(new EndedAttempt(1, "mails.send", null, 1, AttemptOutcome.DONE, Duration.ZERO,
				Duration.ZERO, null, null));
		assertThat(health(IDLE).getStatus()).isEqualTo(Status.UP);
		pass(Duration.ofMinutes(2));
		this.operations.pause();
		await().untilAsserted(() -> {
			assertThat(health(IDLE).getStatus()).isEqualTo(Status.UP);
			assertThat(health(IDLE).getDetails()).containsEntry("paused", true);
		});
	}

	@Test
	void trippedCircuitBreakerIsADetail() throws Exception {
		this.session.run("INSERT INTO pgdispatch.breaker (role, handler, queue, failures, tripped_at, probe_at)"
				+ " VALUES ('app', 'mails.send', '', 5, now(), 'infinity')");
		await().untilAsserted(() -> assertThat(health(IDLE).getDetails()).containsEntry("trippedBreakers",
				List.of("handler mails.send")));
		assertThat(health(IDLE).getStatus()).isEqualTo(Status.UP);
	}

	@Test
	void lostDatabaseIsDownAfterHalfAMinute() {
		this.activity.driverLost(new DriverLostEvent(JobKind.HANDLER, "connection refused"));
		pass(Duration.ofSeconds(29));
		assertThat(health(IDLE).getStatus()).isEqualTo(Status.UP);
		pass(Duration.ofSeconds(2));
		Health health = health(IDLE);
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		assertThat(health.getDetails().get("problems")).asString()
			.contains("without its database for 31 seconds: connection refused");
		this.activity.driverBack(new DriverBackEvent(JobKind.HANDLER));
		assertThat(health(IDLE).getStatus()).isEqualTo(Status.UP);
	}

	@Test
	void deadDriverIsDown() {
		Health health = health(new DriverState(JobKind.HANDLER, true, false, false, false, false, false, 0, 2));
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		assertThat(health.getDetails().get("problems")).asString().contains("The driver of methods is dead");
	}

	@Test
	void stoppedDriverIsOutOfService() {
		assertThat(health(new DriverState(JobKind.HANDLER, false, false, false, false, false, false, 0, 2)).getStatus())
			.isEqualTo(Status.OUT_OF_SERVICE);
	}

	@Test
	void driverWithoutAnythingToRunIsNotMissed() {
		assertThat(health(new DriverState(JobKind.HANDLER, false, false, false, false, false, false, 0, 0)).getStatus())
			.isEqualTo(Status.UP);
	}

	@Test
	void missingSchemaIsDown() throws Exception {
		this.session.run("DROP SCHEMA pgdispatch CASCADE");
		Health health = health(IDLE);
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		assertThat(health.getDetails().get("problems")).asString()
			.contains("The schema cannot be used")
			.contains("pgdispatch");
	}

	private record Driver(DriverState state) implements ObservedDriver {

		@Override
		public boolean runs(String name) {
			return "mails.send".equals(name);
		}

	}

}
