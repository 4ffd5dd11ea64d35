package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;

import io.github.pgdispatch.gateway.LeaseGateway;

/**
 * The lease of a node. The node renews it while it has claims and ends it when it has had
 * none for a while. Not thread-safe.
 */
final class Lease {

	/**
	 * The longest time until a node learns that a job that it runs was cancelled.
	 */
	private static final Duration MAX_INTERVAL = Duration.ofSeconds(1);

	private final LeaseGateway gateway;

	private final Duration interval;

	private boolean held;

	private long renewedAt = System.nanoTime();

	/**
	 * Creates a lease, which is not held yet.
	 * @param gateway to the database
	 * @param length how long the lease holds without being renewed
	 */
	Lease(LeaseGateway gateway, Duration length) {
		this.gateway = gateway;
		Duration quarter = length.dividedBy(4);
		this.interval = (quarter.compareTo(MAX_INTERVAL) < 0) ? quarter : MAX_INTERVAL;
	}

	/**
	 * Returns the longest time between two calls of {@link #renew}.
	 */
	Duration interval() {
		return this.interval;
	}

	/**
	 * Notes that a claim has begun the lease or renewed it.
	 */
	void claimed() {
		this.held = true;
	}

	/**
	 * Renews the lease if there are claims, or else ends it, unless that was done within
	 * the interval.
	 * @param claimed the ids of the jobs that are claimed
	 * @return the ids of those that have been cancelled
	 */
	Set<Long> renew(Set<Long> claimed) throws SQLException {
		if (!this.held || System.nanoTime() - this.renewedAt < this.interval.toNanos()) {
			return Set.of();
		}
		this.renewedAt = System.nanoTime();
		if (claimed.isEmpty()) {
			end();
			return Set.of();
		}
		return this.gateway.renew(claimed);
	}

	void end() throws SQLException {
		if (this.held) {
			this.gateway.end();
			this.held = false;
		}
	}

}
