package io.github.pgdispatch.life;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

import io.github.pgdispatch.life.Observed.Run;
import io.github.pgdispatch.life.Transaction.Deed;
import io.github.pgdispatch.life.Transaction.Deed.What;

/**
 * Says what must have become of jobs with an idempotency key.
 */
final class KeyModel {

	private static final Duration KEPT = Duration.ofMillis(400);

	private final History history;

	private final Observed observed;

	private final Problems problems;

	KeyModel(History history, Observed observed, Problems problems) {
		this.history = history;
		this.observed = observed;
		this.problems = problems;
	}

	void check() {
		this.history.dispatched()
			.stream()
			.filter((job) -> job.key() != null && job.isCommitted() && !isCancelled(job))
			.forEach(this::check);
	}

	private Stream<Dispatched> others(Dispatched job) {
		return this.history.dispatched()
			.stream()
			.filter((other) -> other != job && Objects.equals(other.key(), job.key()) && other.isCommitted());
	}

	private boolean isCancelled(Dispatched job) {
		Stream<Dispatched> candidates = (job.id() != null) ? Stream.of(job) : others(job);
		return candidates.filter((other) -> other.id() != null)
			.flatMap((other) -> this.history.deeds(other.id()))
			.anyMatch((deed) -> deed.what() != What.HEAL && deed.answer() != null);
	}

	private void check(Dispatched job) {
		boolean own = job.id() != null && job.isOwn(this.history.dispatched());
		boolean ran = !this.observed.runs(job.job()).isEmpty();
		if (!own && !job.replaces() && ran) {
			this.problems.add("Ran though another one had its key", job);
		}
		if (own && !ran && others(job).noneMatch(Dispatched::replaces) && !job.replaces()) {
			this.problems.add("Did not run", job);
		}
		if (this.observed.obituaries(job.id()).stream().anyMatch((obituary) -> !obituary.sqlState().equals("58000"))) {
			this.problems.add("Is a dead letter", job);
		}
		if (job.id() == null && job.transaction().hasFreshSnapshots()) {
			this.problems.add("Has no id", job);
		}
		if (job.job().asks("keep_key") != null) {
			if (own) {
				checkThatTheKeyWasFree(job);
			}
		}
		else if (!isSeen(job)) {
			this.problems.add("No run saw what its transaction had done", job);
		}
	}

	/**
	 * Whether a run began after the transaction, with what was to be run then.
	 */
	private boolean isSeen(Dispatched job) {
		return this.observed.runs()
			.stream()
			.filter((run) -> run.key().equals(job.key()) && run.seen().contains(job.transaction().number()))
			.anyMatch((run) -> !job.replaces() || run.tag() == job.job().tag() || isLater(run, job));
	}

	private boolean isLater(Run run, Dispatched job) {
		return others(job).anyMatch((other) -> other.job().tag() == run.tag() && other.replaces()
				&& !other.transaction().isCommittedBefore(job.at()));
	}

	private void checkThatTheKeyWasFree(Dispatched job) {
		others(job).filter((other) -> other.id() != null && other.transaction().isCommittedBefore(job.at()))
			.filter((other) -> this.observed.runs(other.job())
				.stream()
				.anyMatch((run) -> job.until().isBefore(run.finished().plus(KEPT))))
			.forEach((other) -> this.problems.add("Was dispatched though another job had the key", job, other));
	}

}
