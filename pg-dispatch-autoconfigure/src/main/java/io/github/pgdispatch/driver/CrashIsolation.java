package io.github.pgdispatch.driver;

import java.time.Duration;

/**
 * Decides when a node runs a poison job. The node runs it in isolation, so that a crash
 * takes no other jobs with it and shows that the poison job is to blame. Not thread-safe
 * except for {@link #poisonJobDue}.
 */
final class CrashIsolation {

	/**
	 * Maximum time for which a node claims no other jobs and waits until it has none.
	 * After that, it leaves the poison job to other nodes.
	 */
	private static final Duration PATIENCE = Duration.ofSeconds(5);

	/**
	 * Time for which other jobs come first after a poison job has ended.
	 */
	private static final Duration TURN_OF_OTHERS = Duration.ofSeconds(1);

	private volatile boolean due;

	private boolean running;

	private boolean waiting;

	private long waitingSince;

	private long notBefore = System.nanoTime();

	/**
	 * Notes whether a look at the queue has found a poison job.
	 */
	void poisonJobDue(boolean due) {
		this.due = due;
	}

	/**
	 * Returns whether this node is to claim no other jobs at present.
	 * @param outstanding number of jobs that the node has
	 */
	boolean holdsBackOthers(int outstanding) {
		if (this.running && outstanding > 0) {
			return true;
		}
		if (this.running) {
			this.running = false;
			this.notBefore = System.nanoTime() + TURN_OF_OTHERS.toNanos();
		}
		if (!this.due || System.nanoTime() - this.notBefore < 0) {
			this.waiting = false;
			return false;
		}
		if (!this.waiting) {
			this.waiting = true;
			this.waitingSince = System.nanoTime();
		}
		if (outstanding > 0 && System.nanoTime() - this.waitingSince > PATIENCE.toNanos()) {
			this.due = false;
			this.waiting = false;
			return false;
		}
		return true;
	}

	/**
	 * Returns whether this node is to claim a poison job now.
	 * @param outstanding number of jobs that the node has
	 */
	boolean isTurn(int outstanding) {
		return this.waiting && outstanding == 0;
	}

	/**
	 * Notes that this node has tried to claim a poison job.
	 * @param any whether there was one
	 */
	void claimed(boolean any) {
		this.running = any;
		this.waiting = false;
		this.due = false;
	}

}
