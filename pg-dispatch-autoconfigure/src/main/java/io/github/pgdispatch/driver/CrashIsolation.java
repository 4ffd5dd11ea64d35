package io.github.pgdispatch.driver;

import java.time.Duration;

/**
 * When a node runs a job with which other nodes were lost: alone, so that it takes no
 * others with it, and so that it shows whether it was to blame. Not thread-safe, but for
 * {@link #seen}.
 */
final class CrashIsolation {

	/**
	 * How long a node takes no other jobs in order to have none. After that it is left to
	 * nodes that have.
	 */
	private static final Duration PATIENCE = Duration.ofSeconds(5);

	/**
	 * How long others come first after one of these.
	 */
	private static final Duration TURN_OF_OTHERS = Duration.ofSeconds(1);

	private volatile boolean seen;

	private boolean running;

	private long waitingSince;

	private boolean waiting;

	private long notBefore = System.nanoTime();

	/**
	 * Takes note of what a look at the queue has seen.
	 */
	void seen(boolean seen) {
		this.seen = seen;
	}

	/**
	 * Whether this node is to claim no other jobs at present.
	 * @param outstanding how many it has
	 */
	boolean holdBackOthers(int outstanding) {
		if (this.running && outstanding > 0) {
			return true;
		}
		if (this.running) {
			this.running = false;
			this.notBefore = System.nanoTime() + TURN_OF_OTHERS.toNanos();
		}
		if (!this.seen || System.nanoTime() - this.notBefore < 0) {
			this.waiting = false;
			return false;
		}
		if (!this.waiting) {
			this.waiting = true;
			this.waitingSince = System.nanoTime();
		}
		if (outstanding > 0 && System.nanoTime() - this.waitingSince > PATIENCE.toNanos()) {
			this.seen = false;
			this.waiting = false;
			return false;
		}
		return true;
	}

	/**
	 * Whether the node is to claim one now.
	 * @param outstanding how many jobs it has
	 */
	boolean isTurn(int outstanding) {
		return this.waiting && outstanding == 0;
	}

	void claimed(boolean any) {
		this.running = any;
		this.waiting = false;
		this.seen = false;
	}

}
