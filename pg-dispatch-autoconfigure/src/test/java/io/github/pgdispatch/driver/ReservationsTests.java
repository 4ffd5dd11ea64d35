package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.gateway.ClaimGateway;
import io.github.pgdispatch.gateway.ClaimedRow;
import io.github.pgdispatch.gateway.LeaseGateway;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Reservations}: what they let a node do to its lease.
 */
@PostgresTest
class ReservationsTests {

	private static final Claim CLAIM = new Claim("handler", OffsetDateTime.MIN, 1, 1, OffsetDateTime.MIN, "{}", null,
			null, null, false, false);

	/**
	 * So short that it is always time to renew it.
	 */
	private static final Duration LEASE = Duration.ofNanos(4);

	private final UUID node = UUID.randomUUID();

	private final ClaimedJobs jobs = new ClaimedJobs((thread) -> {
	}, 1, (claim) -> Outcome.done(claim, null));

	private TestDatabase database;

	private Reservations reservations;

	@BeforeEach
	void install(TestDatabase database) {
		database.install("app");
		this.database = database;
		this.reservations = new Reservations(this.node, this.jobs, new UncertainClaims(
				new ClaimGateway(database.dataSource("app"), this.node, LEASE), this.jobs, System::nanoTime), 1);
		this.reservations.openUntil(System.nanoTime() + Duration.ofHours(1).toNanos());
	}

	/**
	 * The claim loop has read the claims before.
	 */
	@Test
	void leaseOutlivesAJobThatIsCommittedWhileTheLeaseIsToBeEnded() throws SQLException {
		Lease lease = new Lease(new LeaseGateway(this.database.dataSource("app"), this.node, LEASE), LEASE,
				this.reservations);
		lease.claimed(System.nanoTime());
		this.reservations.openUntil(System.nanoTime() + Duration.ofHours(1).toNanos());
		Set<Long> claimed = this.jobs.outstanding().ids();
		BornClaim born = Objects.requireNonNull(this.reservations.reserve(true));
		born.claimed(new ClaimedRow(CLAIM, "(0,1)", true, false));
		born.committed(true);
		assertThat(this.reservations.closeUnlessUsed()).isFalse();
		lease.renew(claimed);
		assertThat(this.database.jdbc("app").sql("SELECT id FROM pgdispatch.node").query(UUID.class).list())
			.containsExactly(this.node);
	}

	@Test
	void placesCanBeReservedUntilNoneWasForAWhile() {
		Objects.requireNonNull(this.reservations.reserve(true)).release();
		assertThat(this.reservations.closeUnlessUsed()).isFalse();
		Objects.requireNonNull(this.reservations.reserve(true)).release();
		assertThat(this.reservations.closeUnlessUsed()).isFalse();
		assertThat(this.reservations.closeUnlessUsed()).isTrue();
		assertThat(this.reservations.reserve(true)).isNull();
	}

	@Test
	void placeIsFreeBeforeAJobIsSought() {
		BornClaim born = Objects.requireNonNull(this.reservations.reserve(true));
		born.claimed(new ClaimedRow(CLAIM, "(0,1)", true, false));
		assertThat(this.reservations.ids()).containsExactly(CLAIM.id());
		assertThat(this.reservations.closeUnlessUsed()).isFalse();
		born.unknown();
		assertThat(this.reservations.ids()).isEmpty();
		assertThat(this.reservations.closeUnlessUsed()).isTrue();
		assertThat(this.reservations.reserve(true)).isNull();
	}

}
