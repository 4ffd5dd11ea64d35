package io.github.pgdispatch.observability;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.JobState;
import io.github.pgdispatch.PgDispatchStatus;
import io.github.pgdispatch.driver.Tenant;
import io.github.pgdispatch.driver.TenantLook;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import org.springframework.boot.health.contributor.Status;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link TenantStatuses} and {@link TenantHealthIndicator}.
 */
class TenantStatusesTests {

	private static final TenantLook NOTHING = new TenantLook(false, false, null);

	private static final TenantLook SQL = new TenantLook(true, false, null);

	private static final Tenant ACME = new Tenant(null, "acme");

	private final AtomicLong now = new AtomicLong(1);

	private final TenantStatuses statuses = new TenantStatuses(Duration.ofSeconds(30), this.now::get);

	private final TenantHealthIndicator health = new TenantHealthIndicator(() -> true, this.statuses);

	private static PgDispatchStatus status(boolean paused, @Nullable Duration oldest) {
		return new PgDispatchStatus(
				List.of(new PgDispatchStatus.Jobs(JobKind.SQL, null, null, JobState.WAITING, 3, true, oldest)),
				List.of(new PgDispatchStatus.DeadLetters(null, null, 2, true, null)), List.of(), paused, List.of(),
				List.of(), true, 1, 0, 0, List.of(), List.of(), new PgDispatchStatus.Snapshot("session 1", 7, null));
	}

	private void pass(Duration time) {
		this.now.addAndGet(time.toNanos());
	}

	@Test
	void queueIsCountedOnceInEachInterval() {
		AtomicInteger counts = new AtomicInteger();
		for (int seconds = 0; seconds < 60; seconds++) {
			this.statuses.visited(ACME, NOTHING, true, () -> {
				counts.incrementAndGet();
				return status(false, null);
			});
			pass(Duration.ofSeconds(1));
		}
		assertThat(counts).hasValue(2);
	}

	@Test
	void numbersAreThoseOfAllTenants() {
		for (String tenant : List.of("acme", "other", "third")) {
			this.statuses.visited(new Tenant(null, tenant), NOTHING, true, () -> status(false, null));
		}
		this.statuses.left(new Tenant(null, "third"));
		assertThat(this.statuses.sum().nodes()).isEqualTo(2);
		assertThat(this.statuses.sum().snapshot().transactions()).isEqualTo(7);
		assertThat(this.health.health().getDetails()).containsEntry("tenants", 2)
			.containsEntry("waiting", 6L)
			.containsEntry("deadLetters", 4L)
			.doesNotContainKey("problems");
	}

	@Test
	void queueIsStalledIfAnOverdueJobIsNotRun() {
		Duration overdue = Duration.ofMinutes(2);
		this.statuses.visited(ACME, SQL, true, () -> status(false, overdue));
		assertThat(this.statuses.problems()).isEmpty();
		this.statuses.visited(ACME, SQL, false, () -> status(true, overdue));
		assertThat(this.statuses.problems()).isEmpty();
		this.statuses.visited(ACME, SQL, false, () -> status(false, Duration.ofSeconds(2)));
		assertThat(this.statuses.problems()).isEmpty();
		this.statuses.visited(ACME, SQL, false, () -> status(false, overdue));
		assertThat(this.health.health().getDetails()).containsEntry("stalled", 1L)
			.extractingByKey("problems")
			.asString()
			.contains("acme", "stalled");
		this.statuses.visited(ACME, NOTHING, true, () -> status(false, null));
		assertThat(this.statuses.problems()).isEmpty();
	}

	@Test
	void nodeIsDownIfAllTenantsHaveHadAProblemForHalfAMinute() {
		Tenant other = new Tenant(null, "other");
		this.statuses.failed(ACME, new SQLException("relation does not exist\nDETAIL: secret", "42P01"));
		assertThat(this.health.health().getStatus()).isEqualTo(Status.UP);
		pass(Duration.ofSeconds(31));
		this.statuses.failed(ACME, new SQLException("relation does not exist", "42P01"));
		assertThat(this.health.health().getStatus()).isEqualTo(Status.DOWN);
		assertThat(this.health.health().getDetails()).extractingByKey("problems")
			.asString()
			.contains("The schema cannot be used: relation does not exist")
			.doesNotContain("secret");
		this.statuses.visited(other, NOTHING, false, () -> status(false, null));
		assertThat(this.health.health().getStatus()).isEqualTo(Status.UP);
		assertThat(new TenantHealthIndicator(() -> false, this.statuses).health().getStatus())
			.isEqualTo(Status.OUT_OF_SERVICE);
	}

	@Test
	void onlySomeProblemsAreTold() {
		for (int number = 0; number < 500; number++) {
			this.statuses.failed(new Tenant(null, number), new SQLException("gone", "08006"));
		}
		assertThat(this.health.health().getDetails()).containsEntry("failing", 500L)
			.extractingByKey("problems", InstanceOfAssertFactories.MAP)
			.hasSize(5);
	}

}
