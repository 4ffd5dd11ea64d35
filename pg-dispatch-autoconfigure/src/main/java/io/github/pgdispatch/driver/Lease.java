package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;

import io.github.pgdispatch.gateway.ClaimGateway;

/**
 * The lease of a node: kept while it has claims, and ended when it has had none for a
 * while. Not thread-safe.
 */
final class Lease {

	/**
	 * How soon, at the latest, a node learns that a job was cancelled that it runs.
	 */
	private static final Duration LONGEST_INTERVAL = Duration.ofSeconds(1);

	private final ClaimGateway gateway;

	private final Duration interval;

	private boolean held;

	private long kept = System.nanoTime();

	/**
	 * Creates a lease, which is not held yet.
	 * @param gateway to the database
	 * @param length how long it holds without being renewed
	 */
	Lease(ClaimGateway gateway, Duration length) {
		this.gateway = gateway;
		Duration quarter = length.dividedBy(4);
		this.interval = (quarter.compareTo(LONGEST_INTERVAL) < 0) ? quarter : LONGEST_INTERVAL;
	}

	/**
	 * Returns how often it is to be kept, at the least.
	 */
	Duration interval() {
		return this.interval;
	}

	void renewed() {
		this.held = true;
	}

	/**
	 * Keeps it if there are claims, unless that was just done.
	 * @param claimed ids of the jobs that are claimed
	 * @return the ids of those that have been cancelled
	 */
	Set<Long> keep(Set<Long> claimed) throws SQLException {
		if (!this.held || System.nanoTime() - this.kept < this.interval.toNanos()) {
			return Set.of();
		}
		this.kept = System.nanoTime();
		if (claimed.isEmpty()) {
			end();
			return Set.of();
		}
		return this.gateway.keep(claimed);
	}

	void end() throws SQLException {
		if (this.held) {
			this.gateway.end();
			this.held = false;
		}
	}

}
