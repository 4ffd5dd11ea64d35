package io.github.pgdispatch.driver;

import java.util.HashSet;
import java.util.Set;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

/**
 * The places of this node that are reserved for jobs which open transactions write with
 * the node's claim. A claim can only be written while the lease of the node holds for a
 * while. Thread-safe.
 */
final class Reservations {

	private final UUID node;

	private final ClaimedJobs jobs;

	private final UncertainClaims uncertainClaims;

	private final int maxJobs;

	private final Set<BornClaim> open = new HashSet<>();

	private long openUntil = System.nanoTime();

	private boolean used;

	private boolean heldBack;

	private boolean stopped;

	/**
	 * Creates an object without a lease.
	 * @param node that claims
	 * @param jobs of the node
	 * @param uncertainClaims claims of which the node must find out whether they hold
	 * @param maxJobs maximum number of jobs that the node runs at once
	 */
	Reservations(UUID node, ClaimedJobs jobs, UncertainClaims uncertainClaims, int maxJobs) {
		this.node = node;
		this.jobs = jobs;
		this.uncertainClaims = uncertainClaims;
		this.maxJobs = maxJobs;
	}

	/**
	 * Reserves a place if this node could start another job now.
	 * @param transactional whether the job is completed in the transaction of its method
	 * @return the reservation, or {@code null} if there is no place
	 */
	synchronized @Nullable BornClaim reserve(boolean transactional) {
		if (this.heldBack || this.stopped || !isOpen()
				|| this.jobs.outstanding().size() + this.open.size() >= this.maxJobs) {
			return null;
		}
		BornClaim claim = new BornClaim(this.node, this, this.jobs, this.uncertainClaims, transactional);
		this.open.add(claim);
		this.used = true;
		return claim;
	}

	synchronized void remove(BornClaim claim) {
		this.open.remove(claim);
	}

	/**
	 * Notes until when claims may be written, as the lease holds for a while longer.
	 * @param nanoTime the moment
	 */
	synchronized void openUntil(long nanoTime) {
		this.openUntil = nanoTime;
	}

	/**
	 * Returns whether the lease is known to hold.
	 */
	synchronized boolean isOpen() {
		return System.nanoTime() - this.openUntil < 0;
	}

	/**
	 * Lets no more places be reserved until the lease is renewed, unless the node has
	 * claims or reserved places now, or has reserved one since the last call. So the next
	 * job of a node that dispatches now and then is born claimed, too. A claim is
	 * outstanding before its reservation ends.
	 * @return whether no more are reserved
	 */
	synchronized boolean closeUnlessUsed() {
		boolean used = this.used || !this.open.isEmpty() || !this.jobs.outstanding().ids().isEmpty();
		this.used = false;
		if (!used) {
			this.openUntil = System.nanoTime();
		}
		return !used;
	}

	/**
	 * Lets no places be reserved, or lets them be reserved again.
	 * @return whether none could be reserved before
	 */
	synchronized boolean holdBack(boolean heldBack) {
		boolean before = this.heldBack;
		this.heldBack = heldBack;
		return before;
	}

	/**
	 * Lets no places be reserved any more.
	 * @return whether nothing is reserved
	 */
	synchronized boolean stop() {
		this.stopped = true;
		return this.open.isEmpty();
	}

	synchronized boolean isEmpty() {
		return this.open.isEmpty();
	}

	/**
	 * Returns whether a job of an open transaction may have been written that is not
	 * among {@link #ids()} yet.
	 */
	synchronized boolean anyWithoutId() {
		return this.open.stream().anyMatch((claim) -> claim.id() == null);
	}

	/**
	 * Returns the ids of the jobs that open transactions have written.
	 */
	synchronized Set<Long> ids() {
		Set<Long> ids = new HashSet<>();
		for (BornClaim claim : this.open) {
			Long id = claim.id();
			if (id != null) {
				ids.add(id);
			}
		}
		return ids;
	}

}
