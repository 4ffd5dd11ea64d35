package io.github.pgdispatch.cron.handshake;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A worker: a committed row of {@code cron.job}, and its session.
 *
 * @param phase what the session is about to do
 * @param promise number of the promise on which dispatches may rely
 * @param attending whether it is on the lookout
 * @param alone whether it has the leaving lock
 * @param exclusive whether it has the reliance lock, exclusively
 * @param others how many other workers it has seen that are still to look at the queue
 * @param wanted how many others it is to call
 * @param scheduled the promises of the workers that it is about to schedule
 */
record Worker(Phase phase, int promise, boolean attending, boolean alone, boolean exclusive, int others, int wanted,
		List<Integer> scheduled) {

	static final int NO_PROMISE = 0;

	enum Phase {

		/**
		 * To be started by pg_cron.
		 */
		OFF,

		LOOK, FOUND_NOTHING,

		GO_DEAF, GO_DEAF_LOCK, GO_DEAF_COUNT, GO_DEAF_COMMIT, CLAIM,

		/**
		 * A job, however long it takes.
		 */
		RUN,

		LEAVE, LEAVE_LOCK, LEAVE_LOOK, LEAVE_COMMIT

	}

	static Worker scheduled(int promise) {
		return new Worker(Phase.OFF, promise, false, false, false, 0, 0, List.of());
	}

	/**
	 * In another phase, outside of a transaction.
	 */
	Worker in(Phase phase) {
		return new Worker(phase, this.promise, this.attending, false, false, 0, 0, List.of());
	}

	/**
	 * In the next phase of its transaction.
	 */
	Worker then(Phase phase) {
		return new Worker(phase, this.promise, this.attending, this.alone, this.exclusive, this.others, this.wanted,
				this.scheduled);
	}

	Worker attending(boolean attending) {
		return new Worker(this.phase, this.promise, attending, this.alone, this.exclusive, this.others, this.wanted,
				this.scheduled);
	}

	Worker alone(int others) {
		return new Worker(this.phase, this.promise, this.attending, true, this.exclusive, others, this.wanted,
				this.scheduled);
	}

	Worker withExclusive() {
		return new Worker(this.phase, this.promise, this.attending, this.alone, true, this.others, this.wanted,
				this.scheduled);
	}

	Worker wanting(int wanted) {
		return new Worker(this.phase, this.promise, this.attending, this.alone, this.exclusive, this.others, wanted,
				this.scheduled);
	}

	Worker scheduling(List<Integer> promises) {
		return new Worker(this.phase, this.promise, this.attending, this.alone, this.exclusive, this.others,
				this.wanted, promises);
	}

	Worker withoutPromise() {
		return new Worker(this.phase, NO_PROMISE, this.attending, this.alone, this.exclusive, this.others, this.wanted,
				this.scheduled);
	}

	boolean isPledged() {
		return this.promise != NO_PROMISE;
	}

	/**
	 * Whether it is changing its own row, so that nobody else knows what will be there.
	 */
	boolean isChangingPromise() {
		return this.phase == Phase.GO_DEAF_COUNT || this.phase == Phase.GO_DEAF_COMMIT
				|| this.phase == Phase.LEAVE_COMMIT;
	}

	/**
	 * As a record has it, but quick: this is asked a hundred million times.
	 */
	@Override
	public boolean equals(@Nullable Object other) {
		return this == other || (other instanceof Worker worker && this.phase == worker.phase
				&& this.promise == worker.promise && this.attending == worker.attending && this.alone == worker.alone
				&& this.exclusive == worker.exclusive && this.others == worker.others && this.wanted == worker.wanted
				&& this.scheduled.equals(worker.scheduled));
	}

	@Override
	public int hashCode() {
		int locks = (this.attending ? 1 : 0) + (this.alone ? 2 : 0) + (this.exclusive ? 4 : 0);
		int hash = 31 * (31 * this.phase.ordinal() + this.promise) + locks;
		return 31 * (31 * (31 * hash + this.others) + this.wanted) + this.scheduled.hashCode();
	}

}
