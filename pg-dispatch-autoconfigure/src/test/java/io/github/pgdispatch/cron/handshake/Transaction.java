package io.github.pgdispatch.cron.handshake;

import org.jspecify.annotations.Nullable;

/**
 * A transaction that dispatches one job.
 *
 * @param phase how far it is
 * @param sees whether it sees what was committed meanwhile (READ COMMITTED)
 * @param relies whether it has the reliance lock, shared
 * @param present how many workers it has seen
 * @param scheduled the promise that it gives with a worker that it schedules:
 * {@link Worker#NO_PROMISE} for a worker without one, {@link #NOTHING} for none
 */
record Transaction(Phase phase, boolean sees, boolean relies, int present, int scheduled) {

	static final int NOTHING = -1;

	enum Phase {

		FIRE, FIND_LOOKOUT, COUNT_WORKERS, PROMISE, FIRED, ENDED

	}

	static Transaction begin(boolean sees) {
		return new Transaction(Phase.FIRE, sees, false, 0, NOTHING);
	}

	Transaction in(Phase phase) {
		return new Transaction(phase, this.sees, this.relies, this.present, this.scheduled);
	}

	Transaction relying() {
		return new Transaction(Phase.FIND_LOOKOUT, this.sees, true, this.present, this.scheduled);
	}

	Transaction seeing(int present) {
		return new Transaction(Phase.PROMISE, this.sees, this.relies, present, this.scheduled);
	}

	Transaction scheduling(int promise) {
		return new Transaction(Phase.FIRED, this.sees, this.relies, this.present, promise);
	}

	Transaction end() {
		return new Transaction(Phase.ENDED, this.sees, false, 0, NOTHING);
	}

	boolean promises(int promise) {
		return this.scheduled == promise;
	}

	/**
	 * As a record has it, but quick.
	 */
	@Override
	public boolean equals(@Nullable Object other) {
		return this == other || (other instanceof Transaction transaction && this.phase == transaction.phase
				&& this.sees == transaction.sees && this.relies == transaction.relies
				&& this.present == transaction.present && this.scheduled == transaction.scheduled);
	}

	@Override
	public int hashCode() {
		int flags = (this.sees ? 1 : 0) + (this.relies ? 2 : 0);
		return 31 * (31 * (31 * this.phase.ordinal() + flags) + this.present) + this.scheduled;
	}

}
