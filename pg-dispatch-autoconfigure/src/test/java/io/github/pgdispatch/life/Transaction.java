package io.github.pgdispatch.life;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import org.jspecify.annotations.Nullable;

/**
 * A transaction that has dispatched jobs, or has done something to those of others.
 */
final class Transaction {

	private final int number;

	private final String isolation;

	private final List<Dispatched> dispatched = new CopyOnWriteArrayList<>();

	private final List<Deed> deeds = new CopyOnWriteArrayList<>();

	private volatile @Nullable Instant committing;

	private volatile @Nullable Instant committed;

	Transaction(int number, String isolation) {
		this.number = number;
		this.isolation = isolation;
	}

	int number() {
		return this.number;
	}

	String isolation() {
		return this.isolation;
	}

	boolean hasFreshSnapshots() {
		return this.isolation.equals("READ COMMITTED");
	}

	/**
	 * What was dispatched in it, and not undone by a savepoint.
	 */
	List<Dispatched> dispatched() {
		return this.dispatched;
	}

	List<Deed> deeds() {
		return this.deeds;
	}

	void committing() {
		this.committing = Instant.now();
	}

	void committed() {
		this.committed = Instant.now();
	}

	boolean isCommitted() {
		return this.committed != null;
	}

	boolean isCommittedBefore(Instant time) {
		Instant end = this.committed;
		return end != null && end.isBefore(time);
	}

	@Override
	public String toString() {
		return "T%d (%s, %s..%s)".formatted(this.number, this.isolation, this.committing, this.committed);
	}

	/**
	 * Something that was done to a job.
	 *
	 * @param what was done
	 * @param id of the job
	 * @param answer of the function
	 * @param at when that was there
	 */
	record Deed(What what, long id, @Nullable String answer, Instant at) {

		enum What {

			CANCEL, HEAL, DELETE

		}

	}

}
