package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.UUID;

import io.github.pgdispatch.Reservation;
import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.gateway.ClaimedRow;
import org.jspecify.annotations.Nullable;

/**
 * The claim of this node on a job that it writes, until the transaction has ended.
 */
final class BornClaim implements Reservation {

	/**
	 * Maximum time between the dispatch and the commit. If it took longer, the job is
	 * given back, because its handler may have been paused meanwhile, for example.
	 */
	private static final Duration MAX_AGE = JobClaimer.MAX_WAIT;

	private final UUID node;

	private final Reservations reservations;

	private final ClaimedJobs jobs;

	private final UncertainClaims uncertainClaims;

	private final boolean transactional;

	private final long reservedAt = System.nanoTime();

	private volatile @Nullable ClaimedRow row;

	BornClaim(UUID node, Reservations reservations, ClaimedJobs jobs, UncertainClaims uncertainClaims,
			boolean transactional) {
		this.node = node;
		this.reservations = reservations;
		this.jobs = jobs;
		this.uncertainClaims = uncertainClaims;
		this.transactional = transactional;
	}

	@Override
	public UUID node() {
		return this.node;
	}

	/**
	 * Returns the id of the job, or {@code null} before it is known.
	 */
	@Nullable Long id() {
		ClaimedRow row = this.row;
		return (row != null) ? row.claim().id() : null;
	}

	@Override
	public void claimed(ClaimedRow row) {
		this.row = row;
	}

	/**
	 * If the transaction of the method completes the job, that finds out whether the
	 * claim holds. Otherwise, the node looks before it runs the method.
	 */
	@Override
	public void committed(boolean certain) {
		ClaimedRow row = this.row;
		if (row != null) {
			Claim claim = row.claim();
			// In this order, the claim is always among those that the node knows.
			this.jobs.outstanding().add(claim);
			this.reservations.remove(this);
			if (!this.reservations.isOpen() || System.nanoTime() - this.reservedAt > MAX_AGE.toNanos()) {
				this.jobs.giveBack(claim);
			}
			else if (certain && this.transactional) {
				this.jobs.startKnown(claim);
			}
			else {
				this.uncertainClaims.confirm(row);
			}
		}
	}

	@Override
	public void unknown() {
		// A reservation that outlasts the search would make a later claim on the job look
		// known.
		release();
		ClaimedRow row = this.row;
		if (row != null) {
			this.uncertainClaims.mayHold(row.claim());
		}
		this.jobs.signal();
	}

	@Override
	public void release() {
		this.reservations.remove(this);
	}

}
