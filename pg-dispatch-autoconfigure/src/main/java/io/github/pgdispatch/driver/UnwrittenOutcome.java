package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.Set;

/**
 * An outcome that the database has refused, though it was reached. It is tried again
 * while other jobs go on.
 */
final class UnwrittenOutcome {

	/**
	 * Number of refusals after which a job is set aside.
	 */
	private static final int MAX_TRIES = 3;

	private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

	private static final Duration MAX_PAUSE = Duration.ofSeconds(10);

	/**
	 * The SQLSTATEs of refusals that end with the transactions of others: serialization
	 * failures, deadlocks, locks that were not available in time, and cancellations.
	 */
	private static final Set<String> CAUSED_BY_OTHERS = Set.of("40001", "40P01", "55P03", "57014");

	private final Outcome outcome;

	private int refusals;

	private Duration pause = FIRST_PAUSE.dividedBy(10);

	private long nextTry;

	private boolean setAside;

	UnwrittenOutcome(Outcome outcome) {
		this.outcome = outcome;
	}

	Outcome outcome() {
		return this.outcome;
	}

	/**
	 * Notes that the database has refused the outcome.
	 */
	void refused(Throwable refusal) {
		if (!Causes.anySql(refusal, (ex) -> CAUSED_BY_OTHERS.contains(String.valueOf(ex.getSQLState())))) {
			this.refusals++;
		}
		Duration next = this.pause.multipliedBy(10);
		this.pause = (next.compareTo(MAX_PAUSE) < 0) ? next : MAX_PAUSE;
		this.nextTry = System.nanoTime() + this.pause.toNanos();
	}

	/**
	 * Returns whether the outcome was refused too many times for the job to go on holding
	 * a place on this node.
	 */
	boolean isHopeless() {
		return this.refusals >= MAX_TRIES;
	}

	/**
	 * Returns the time until the next try, in nanoseconds.
	 */
	long untilNextTry() {
		return this.nextTry - System.nanoTime();
	}

	/**
	 * Notes that the job is set aside.
	 * @return whether it was not before
	 */
	boolean setAside() {
		boolean first = !this.setAside;
		this.setAside = true;
		return first;
	}

	boolean isSetAside() {
		return this.setAside;
	}

}
