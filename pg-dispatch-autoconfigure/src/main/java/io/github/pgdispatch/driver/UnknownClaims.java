package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;

import io.github.pgdispatch.gateway.ClaimGateway;

/**
 * Releases the unknown claims of this node: those that may have been committed though the
 * statement failed. As long as the node lives, no other node would take over their jobs.
 * Not thread-safe.
 */
final class UnknownClaims {

	/**
	 * Number of times that unknown claims are released after a failed statement: at once,
	 * and again after a lease, as the server may still have been executing it.
	 */
	private static final int RELEASES = 2;

	private final ClaimGateway gateway;

	private final Set<String> handlers;

	private final ClaimedJobs known;

	private final Reservations reservations;

	private final Duration lease;

	private int releasesLeft;

	private long nextRelease;

	/**
	 * Creates an object for a node without unknown claims.
	 * @param gateway to the database
	 * @param handlers the names of the node's handlers
	 * @param known the claims that the node knows
	 * @param reservations for claims that open transactions write
	 * @param lease of the node
	 */
	UnknownClaims(ClaimGateway gateway, Set<String> handlers, ClaimedJobs known, Reservations reservations,
			Duration lease) {
		this.gateway = gateway;
		this.handlers = handlers;
		this.known = known;
		this.reservations = reservations;
		this.lease = lease;
	}

	/**
	 * Notes that a claiming statement failed.
	 */
	void mayExist() {
		this.releasesLeft = RELEASES;
		this.nextRelease = System.nanoTime();
	}

	/**
	 * Releases unknown claims if it is time to do so.
	 * @return whether there were any
	 */
	boolean release() throws SQLException {
		if (this.releasesLeft == 0 || System.nanoTime() - this.nextRelease < 0) {
			return false;
		}
		// A claim that is written from now on would not be known.
		boolean heldBack = this.reservations.holdBack(true);
		try {
			return !this.reservations.anyWithoutId() && releaseAllBut(known());
		}
		finally {
			this.reservations.holdBack(heldBack);
		}
	}

	/**
	 * Returns the ids of all jobs that the node has claimed. A claim is outstanding
	 * before its reservation ends.
	 */
	private Set<Long> known() {
		Set<Long> ids = this.reservations.ids();
		ids.addAll(this.known.outstanding().ids());
		return ids;
	}

	private boolean releaseAllBut(Set<Long> known) throws SQLException {
		boolean released = this.gateway.releaseUnknown(this.handlers, known) > 0;
		this.releasesLeft--;
		this.nextRelease = System.nanoTime() + this.lease.toNanos();
		return released;
	}

}
