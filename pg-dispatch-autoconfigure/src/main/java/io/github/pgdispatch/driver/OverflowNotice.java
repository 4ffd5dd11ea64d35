package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;

import io.github.pgdispatch.gateway.ClaimGateway;

/**
 * Notifies other nodes of due jobs that this node cannot take: at once, and repeatedly as
 * long as the jobs are still there. The delays grow, since the other nodes seem to be as
 * busy. Of the next jobs, another node is notified in the first place. Not thread-safe.
 */
final class OverflowNotice {

	private static final Duration FIRST_DELAY = Duration.ofMillis(200);

	private static final Duration MAX_DELAY = Duration.ofSeconds(5);

	private final ClaimGateway gateway;

	private final Runnable passRestOn;

	private Duration delay = FIRST_DELAY;

	private long notBefore = System.nanoTime();

	private boolean pending;

	/**
	 * Creates a notice that was not sent yet.
	 * @param gateway to the database
	 * @param passRestOn has another node be notified of the next jobs
	 */
	OverflowNotice(ClaimGateway gateway, Runnable passRestOn) {
		this.gateway = gateway;
		this.passRestOn = passRestOn;
	}

	/**
	 * Forgets the pending notice.
	 */
	void reset() {
		this.pending = false;
	}

	/**
	 * Sends the notice, or leaves it pending if one was sent recently.
	 * @param full the names of the handlers that may have no more jobs on this node
	 */
	void send(Collection<String> full) throws SQLException {
		if (full.isEmpty()) {
			return;
		}
		this.passRestOn.run();
		if (System.nanoTime() - this.notBefore < 0) {
			this.pending = true;
			return;
		}
		boolean due = this.gateway.notifyOtherNodes(full);
		this.notBefore = System.nanoTime() + this.delay.toNanos();
		Duration twice = this.delay.multipliedBy(2);
		this.delay = !due ? FIRST_DELAY : (twice.compareTo(MAX_DELAY) < 0) ? twice : MAX_DELAY;
		this.pending = due;
	}

	/**
	 * Returns the time until the pending notice, or the timeout if that is shorter.
	 */
	Duration within(Duration timeout) {
		if (!this.pending) {
			return timeout;
		}
		long left = this.notBefore - System.nanoTime();
		return Duration.ofNanos(Math.max(1, Math.min(left, timeout.toNanos())));
	}

}
