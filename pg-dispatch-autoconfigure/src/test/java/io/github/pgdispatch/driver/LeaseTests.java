package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.UUID;

import io.github.pgdispatch.gateway.ClaimGateway;
import io.github.pgdispatch.gateway.LeaseGateway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.ds.PGSimpleDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Lease}: what it lets a node do without asking the database.
 */
class LeaseTests {

	private final UUID node = UUID.randomUUID();

	private final ClaimedJobs jobs = new ClaimedJobs((thread) -> {
	}, 1, (claim) -> Outcome.done(claim, null));

	private final Reservations reservations = new Reservations(this.node, this.jobs,
			new UncertainClaims(new ClaimGateway(new PGSimpleDataSource(), this.node, Duration.ofHours(4)), this.jobs,
					System::nanoTime),
			1);

	private Lease lease(Duration length) {
		return new Lease(new LeaseGateway(new PGSimpleDataSource(), this.node, length), length, this.reservations);
	}

	/**
	 * Another claim may have renewed the lease, so that three quarters of it are left. A
	 * job is to begin while a quarter of it is.
	 */
	@ParameterizedTest
	@CsvSource({ "0, true", "119, true", "121, false", "179, false", "241, false" })
	void placesAreReservedForHalfOfItAfterAClaim(long minutesAgo, boolean open) {
		Lease lease = lease(Duration.ofHours(4));
		assertThat(lease.isHeld()).isFalse();
		lease.claimed(System.nanoTime() - Duration.ofMinutes(minutesAgo).toNanos());
		assertThat(lease.isHeld()).isTrue();
		assertThat(this.reservations.isOpen()).isEqualTo(open);
	}

	@Test
	void noPlaceIsReservedWithoutIt() {
		lease(Duration.ofHours(4));
		assertThat(this.reservations.isOpen()).isFalse();
	}

	@Test
	void isRenewedWhenAQuarterOfItIsOverOrASecond() {
		assertThat(lease(Duration.ofSeconds(2)).interval()).isEqualTo(Duration.ofMillis(500));
		assertThat(lease(Duration.ofSeconds(30)).interval()).isEqualTo(Duration.ofSeconds(1));
	}

}
