package io.github.pgdispatch.driver;

import io.github.pgdispatch.JobKind;

/**
 * The state of a driver when it was asked.
 *
 * @param jobs the kind of the jobs that the driver runs
 * @param running whether it was started and not stopped
 * @param alive whether it is running and its threads are, too
 * @param draining whether it is drained
 * @param connected whether it has a session that watches the queue
 * @param listening whether the database notifies that session
 * @param asleep whether it needs no session, as there is nothing to do
 * @param active number of its workers that are busy
 * @param limit maximum number of its workers; zero if it has nothing to run on this node
 */
public record DriverState(JobKind jobs, boolean running, boolean alive, boolean draining, boolean connected,
		boolean listening, boolean asleep, int active, int limit) {

	/**
	 * Returns whether the driver finds jobs and begins them.
	 * @return whether it does
	 */
	public boolean isReady() {
		return this.alive && (this.connected || this.asleep) && !this.draining;
	}

	/**
	 * Returns whether the driver has a free worker that would begin a job.
	 * @return whether it has
	 */
	public boolean hasRoom() {
		return this.alive && !this.draining && this.active < this.limit;
	}

}
