package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

import io.github.pgdispatch.log.OneLineLog;

/**
 * Settles the outcomes of jobs. An outcome that the database refuses costs the other jobs
 * nothing. Not thread-safe except for {@link #completed()}.
 */
final class Settlement {

	private static final OneLineLog logger = OneLineLog.of(Settlement.class);

	private final OutcomeWriter writer;

	private final ClaimedJobs jobs;

	private final UnwrittenOutcomes unwritten;

	private final AtomicLong completed = new AtomicLong();

	/**
	 * Creates a settlement.
	 * @param writer of outcomes
	 * @param jobs of this node
	 */
	Settlement(OutcomeWriter writer, ClaimedJobs jobs) {
		this.writer = writer;
		this.jobs = jobs;
		this.unwritten = new UnwrittenOutcomes(writer, jobs);
	}

	/**
	 * Returns the number of jobs that have been settled so far.
	 */
	long completed() {
		return this.completed.get();
	}

	/**
	 * Settles all jobs that have ended.
	 * @throws SQLException if the database is lost. Outcomes that were not written are
	 * kept for the next call
	 */
	void settle() throws SQLException {
		List<Outcome> left = new ArrayList<>(this.jobs.takeOutcomes());
		try {
			report(left);
			complete(left, (outcome) -> outcome.kind() == Outcome.Kind.DONE && outcome.result() == null);
			complete(left, (outcome) -> outcome.kind() == Outcome.Kind.DONE && outcome.result() != null);
			for (Outcome outcome : List.copyOf(left)) {
				write(outcome, left);
			}
		}
		finally {
			this.jobs.putBack(left);
		}
		this.completed.addAndGet(this.unwritten.tryAgain());
	}

	private void report(List<Outcome> left) {
		List<Outcome> settled = left.stream().filter(Outcome::isSettled).toList();
		settled.forEach(this.writer::report);
		settled(settled);
		left.removeIf(Outcome::isSettled);
	}

	/**
	 * Completes jobs together. If the database refuses that, they are left to be
	 * completed one by one.
	 */
	private void complete(List<Outcome> left, Predicate<Outcome> which) throws SQLException {
		List<Outcome> done = left.stream().filter(which).toList();
		if (done.isEmpty()) {
			return;
		}
		try {
			this.writer.complete(done);
			settled(done);
			left.removeIf(which);
		}
		catch (SQLException | RuntimeException ex) {
			LostDatabase.rethrow(ex);
			logger.debug("Jobs that are done cannot be deleted together and are deleted one by one", ex);
		}
	}

	private void write(Outcome outcome, List<Outcome> left) throws SQLException {
		try {
			this.writer.write(outcome);
			settled(List.of(outcome));
			left.remove(outcome);
		}
		catch (SQLException | RuntimeException ex) {
			LostDatabase.rethrow(ex);
			left.remove(outcome);
			this.unwritten.add(outcome, ex);
		}
	}

	private void settled(List<Outcome> settled) {
		this.completed.addAndGet(settled.size());
		this.jobs.settled(settled);
	}

	/**
	 * Gives up the outcomes that the database refuses, as the node stops.
	 */
	void stop() {
		this.unwritten.stop();
	}

	/**
	 * Returns the time until the next call is needed, or the timeout if that is shorter.
	 */
	Duration within(Duration timeout) {
		return this.unwritten.within(timeout);
	}

}
