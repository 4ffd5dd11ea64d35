package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.pgdispatch.log.OneLineLog;

/**
 * The outcomes that the database has refused. Each is tried again alone. After several
 * tries the job becomes a dead letter that says why. If the database refuses even that,
 * the job is set aside: it keeps its claim, holds no place on this node, and is tried
 * again from time to time. Not thread-safe.
 */
final class UnwrittenOutcomes {

	private static final OneLineLog logger = OneLineLog.of(UnwrittenOutcomes.class);

	/**
	 * Maximum number of jobs that are set aside. Outcomes beyond that are forgotten, so
	 * that they do not fill the memory. Their jobs stay claimed as long as the node
	 * lives.
	 */
	private static final int MAX_SET_ASIDE = 1_000;

	private final OutcomeWriter writer;

	private final ClaimedJobs jobs;

	private final Map<Long, UnwrittenOutcome> outcomes = new LinkedHashMap<>();

	UnwrittenOutcomes(OutcomeWriter writer, ClaimedJobs jobs) {
		this.writer = writer;
		this.jobs = jobs;
	}

	/**
	 * Adds an outcome that the database has just refused.
	 */
	void add(Outcome outcome, Exception refusal) {
		UnwrittenOutcome unwritten = new UnwrittenOutcome(outcome);
		unwritten.refused(refusal);
		this.outcomes.put(outcome.claim().id(), unwritten);
		logger.debug("The outcome of " + outcome.claim() + " cannot be written and is tried again", refusal);
	}

	/**
	 * Tries those again whose time has come.
	 * @return the number of jobs that are settled now
	 * @throws SQLException if the database is lost
	 */
	int tryAgain() throws SQLException {
		int settled = 0;
		for (UnwrittenOutcome unwritten : List.copyOf(this.outcomes.values())) {
			if (unwritten.untilNextTry() <= 0 && isWritten(unwritten)) {
				this.outcomes.remove(unwritten.outcome().claim().id());
				this.jobs.settled(List.of(unwritten.outcome()));
				settled++;
			}
		}
		return settled;
	}

	private boolean isWritten(UnwrittenOutcome unwritten) throws SQLException {
		try {
			this.writer.write(unwritten.outcome());
			return true;
		}
		catch (SQLException | RuntimeException ex) {
			LostDatabase.rethrow(ex);
			unwritten.refused(ex);
			return unwritten.isHopeless() && isGivenUp(unwritten, ex);
		}
	}

	private boolean isGivenUp(UnwrittenOutcome unwritten, Exception refusal) throws SQLException {
		String message = "The outcome of " + unwritten.outcome().claim() + " (" + unwritten.outcome().kind()
				+ ") could not be written, SQLSTATE " + OutcomeWriter.sqlState(refusal);
		try {
			this.writer.giveUp(unwritten.outcome(), refusal);
			logger.error(message + ". The job is now in pgdispatch.dead_letter: " + Causes.describe(refusal));
			return true;
		}
		catch (SQLException | RuntimeException ex) {
			LostDatabase.rethrow(ex);
			if (unwritten.setAside()) {
				logger.error(message + ". Not even a dead letter could be written: " + Causes.describe(ex)
						+ ". Other jobs go on. This one stays claimed, and its outcome is tried again every 10 seconds."
						+ " If this node stops before that succeeds, another node runs the job again");
				this.jobs.setAside(unwritten.outcome().claim());
				forgetOldest();
			}
			return false;
		}
	}

	private void forgetOldest() {
		List<UnwrittenOutcome> all = this.outcomes.values().stream().filter(UnwrittenOutcome::isSetAside).toList();
		if (all.size() > MAX_SET_ASIDE) {
			this.outcomes.remove(all.get(0).outcome().claim().id());
		}
	}

	/**
	 * Sets all aside as the node stops, so that the node does not wait for them.
	 */
	void stop() {
		for (UnwrittenOutcome unwritten : this.outcomes.values()) {
			if (unwritten.setAside()) {
				logger.warn("The outcome of " + unwritten.outcome().claim() + " could not be written before the"
						+ " application stops. Another node runs the job again");
				this.jobs.setAside(unwritten.outcome().claim());
			}
		}
	}

	/**
	 * Returns the time until the next try, or the timeout if that is shorter.
	 */
	Duration within(Duration timeout) {
		long nanos = timeout.toNanos();
		for (UnwrittenOutcome unwritten : this.outcomes.values()) {
			nanos = Math.min(nanos, unwritten.untilNextTry());
		}
		return Duration.ofNanos(Math.max(1, nanos));
	}

}
