package io.github.pgdispatch.life;

import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A job that was dispatched.
 *
 * @param job the job
 * @param transaction that has dispatched it
 * @param at before it was dispatched
 * @param until after it was
 * @param id that the dispatch has returned; {@code null} if it has returned none
 */
record Dispatched(Job job, Transaction transaction, Instant at, Instant until, @Nullable Long id) {

	boolean isCommitted() {
		return this.transaction.isCommitted() && this.transaction.dispatched().contains(this);
	}

	@Nullable String key() {
		return this.job.asks("key");
	}

	boolean replaces() {
		return this.job.asks("on_duplicate", "replace");
	}

	/**
	 * Whether the id is of a job that this has written, and not of one that waited, whose
	 * own dispatch has returned before.
	 * @param all that was dispatched
	 * @return whether it is
	 */
	boolean isOwn(List<Dispatched> all) {
		return this.id == null
				|| all.stream().noneMatch((other) -> this.id.equals(other.id) && other.until.isBefore(this.until));
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return this == other;
	}

	@Override
	public int hashCode() {
		return System.identityHashCode(this);
	}

	@Override
	public String toString() {
		return "%s..%s %s -> %s  %s fails=%d ms=%d delay=%d %s".formatted(this.at, this.until, this.transaction,
				this.id, (this.job.handler() != null) ? this.job.handler() : "SQL", this.job.fails(), this.job.millis(),
				this.job.delay(), this.job.options()) + " tag=" + this.job.tag();
	}

}
