package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;

import io.github.pgdispatch.gateway.ClaimGateway;

/**
 * Has other nodes look for what this one cannot take: at once, and again as long as it is
 * left there, ever more rarely, since they seem to be as busy. Not thread-safe.
 */
final class OverflowNotice {

	private static final Duration AGAIN = Duration.ofMillis(200);

	private static final Duration AGAIN_AT_MOST = Duration.ofSeconds(5);

	private final ClaimGateway gateway;

	private Duration again = AGAIN;

	private long next = System.nanoTime();

	private boolean pending;

	OverflowNotice(ClaimGateway gateway) {
		this.gateway = gateway;
	}

	/**
	 * Forgets what there was to hand over.
	 */
	void reset() {
		this.pending = false;
	}

	/**
	 * Hands over, unless that was just done.
	 * @param full the handlers of which this node can run no more
	 */
	void of(Collection<String> full) throws SQLException {
		if (full.isEmpty()) {
			return;
		}
		if (System.nanoTime() - this.next < 0) {
			this.pending = true;
			return;
		}
		boolean due = this.gateway.notifyOtherNodes(full);
		this.next = System.nanoTime() + this.again.toNanos();
		Duration twice = this.again.multipliedBy(2);
		this.again = !due ? AGAIN : (twice.compareTo(AGAIN_AT_MOST) < 0) ? twice : AGAIN_AT_MOST;
		this.pending = due;
	}

	/**
	 * Returns when to hand over again, if that is sooner.
	 */
	Duration within(Duration timeout) {
		if (!this.pending) {
			return timeout;
		}
		long left = this.next - System.nanoTime();
		return Duration.ofNanos(Math.max(1, Math.min(left, timeout.toNanos())));
	}

}
