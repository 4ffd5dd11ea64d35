package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;

import io.github.pgdispatch.gateway.LeaseGateway;

/**
 * The lease of a node. The node renews it while it has claims and ends it when it has had
 * none for a while. Not thread-safe, except for {@link #isHeld()}.
 */
final class Lease {

	/**
	 * The longest time until a node learns that a job that it runs was cancelled.
	 */
	private static final Duration MAX_INTERVAL = Duration.ofSeconds(1);

	private final LeaseGateway gateway;

	private final Duration length;

	private final Duration interval;

	private final Reservations reservations;

	private volatile boolean held;

	private long renewedAt = System.nanoTime();

	/**
	 * Creates a lease, which is not held yet.
	 * @param gateway to the database
	 * @param length how long the lease holds without being renewed
	 * @param reservations that are possible while the lease holds
	 */
	Lease(LeaseGateway gateway, Duration length, Reservations reservations) {
		this.gateway = gateway;
		this.length = length;
		this.reservations = reservations;
		Duration quarter = length.dividedBy(4);
		this.interval = (quarter.compareTo(MAX_INTERVAL) < 0) ? quarter : MAX_INTERVAL;
	}

	/**
	 * Returns the longest time between two calls of {@link #renew}.
	 */
	Duration interval() {
		return this.interval;
	}

	boolean isHeld() {
		return this.held;
	}

	/**
	 * Notes that a claim has begun the lease or renewed it, so that three quarters of it
	 * or more are left.
	 * @param before a moment before the claim, in nanoseconds
	 */
	void claimed(long before) {
		this.held = true;
		holds(before, this.length.dividedBy(4).multipliedBy(3));
	}

	/**
	 * Has places be reserved as long as much of the lease is left: the transaction is to
	 * end, and the job to begin, while it holds.
	 */
	private void holds(long from, Duration time) {
		this.reservations.openUntil(from + time.minus(this.length.dividedBy(4)).toNanos());
	}

	/**
	 * Renews the lease if the node has claims, or has reserved a place since the last
	 * call. Ends it otherwise. Does nothing if that was done within the interval.
	 * @param claimed the ids of the jobs that are claimed
	 * @return the ids of those that have been cancelled
	 */
	Set<Long> renew(Set<Long> claimed) throws SQLException {
		if (!this.held || System.nanoTime() - this.renewedAt < this.interval.toNanos()) {
			return Set.of();
		}
		this.renewedAt = System.nanoTime();
		if (this.reservations.closeUnlessUsed()) {
			end();
			return Set.of();
		}
		Set<Long> cancelled = this.gateway.renew(claimed);
		holds(this.renewedAt, this.length);
		return cancelled;
	}

	void end() throws SQLException {
		if (this.held) {
			this.gateway.end();
			this.held = false;
		}
	}

}
