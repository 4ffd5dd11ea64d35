package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;

import io.github.pgdispatch.gateway.ClaimGateway;

/**
 * The lease of a node: kept while it has claims, and ended when it has had none for a
 * while. Not thread-safe.
 */
final class Lease {

	private final ClaimGateway gateway;

	private final Duration interval;

	private boolean held;

	private long renewed;

	/**
	 * Creates a lease, which is not held yet.
	 * @param gateway to the database
	 * @param length how long it holds without being renewed
	 */
	Lease(ClaimGateway gateway, Duration length) {
		this.gateway = gateway;
		this.interval = length.dividedBy(4);
	}

	/**
	 * Returns how often it is to be kept, at the least.
	 */
	Duration interval() {
		return this.interval;
	}

	void renewed() {
		this.held = true;
		this.renewed = System.nanoTime();
	}

	void keep(boolean needed) throws SQLException {
		if (!this.held || System.nanoTime() - this.renewed < this.interval.toNanos()) {
			return;
		}
		if (needed) {
			this.gateway.renew();
			renewed();
		}
		else {
			end();
		}
	}

	void end() throws SQLException {
		if (this.held) {
			this.gateway.end();
			this.held = false;
		}
	}

}
