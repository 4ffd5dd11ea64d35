package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.gateway.FailedAttempt;
import io.github.pgdispatch.gateway.OutcomeGateway;
import io.github.pgdispatch.handler.Handler;
import io.github.pgdispatch.handler.Handlers;
import io.github.pgdispatch.handler.RetryPolicy;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Settles the outcomes of jobs: records them in the database and logs failures. Not
 * thread-safe except for {@link #completed()}.
 */
final class Settlement {

	private static final Log logger = LogFactory.getLog(Settlement.class);

	private final OutcomeGateway gateway;

	private final Handlers handlers;

	private final ClaimedJobs jobs;

	private final Duration lease;

	private final Consumer<Duration> scheduleLook;

	private final AtomicLong completed = new AtomicLong();

	/**
	 * The ids of jobs that a statement was to complete whose answer was lost.
	 */
	private final Set<Long> unconfirmed = new HashSet<>();

	/**
	 * Creates a settlement.
	 * @param gateway to the database
	 * @param handlers of this node
	 * @param jobs of this node
	 * @param lease of this node
	 * @param scheduleLook has the queue looked at after a delay
	 */
	Settlement(OutcomeGateway gateway, Handlers handlers, ClaimedJobs jobs, Duration lease,
			Consumer<Duration> scheduleLook) {
		this.gateway = gateway;
		this.handlers = handlers;
		this.jobs = jobs;
		this.lease = lease;
		this.scheduleLook = scheduleLook;
	}

	/**
	 * Returns the number of jobs that have been settled so far.
	 */
	long completed() {
		return this.completed.get();
	}

	/**
	 * Settles all jobs that have ended. Outcomes that could not be settled are kept for
	 * the next call.
	 */
	void settle() throws SQLException {
		List<Outcome> left = new ArrayList<>(this.jobs.takeOutcomes());
		try {
			settled(left, complete(of(Outcome.Kind.DONE, left)));
			settled(left, of(Outcome.Kind.SETTLED, left));
			for (Outcome outcome : List.copyOf(left)) {
				if (outcome.kind() == Outcome.Kind.FAILED) {
					fail(outcome);
				}
				else if (outcome.kind() == Outcome.Kind.CANCELLED) {
					this.gateway.cancel(outcome.claim());
				}
				else {
					release(outcome);
				}
				settled(left, List.of(outcome));
			}
		}
		finally {
			this.jobs.putBack(left);
		}
	}

	private static List<Outcome> of(Outcome.Kind kind, List<Outcome> outcomes) {
		return outcomes.stream().filter((outcome) -> outcome.kind() == kind).toList();
	}

	private void settled(List<Outcome> left, List<Outcome> settled) {
		this.completed.addAndGet(settled.size());
		this.jobs.settled(settled);
		left.removeAll(settled);
	}

	private List<Outcome> complete(List<Outcome> done) throws SQLException {
		if (done.isEmpty()) {
			return done;
		}
		List<Claim> claims = done.stream().map(Outcome::claim).toList();
		Set<Long> takenOver;
		try {
			takenOver = new HashSet<>(this.gateway.complete(claims, results(done)));
		}
		catch (SQLException ex) {
			claims.forEach((claim) -> this.unconfirmed.add(claim.id()));
			throw ex;
		}
		takenOver.removeAll(this.unconfirmed);
		this.unconfirmed.clear();
		if (!takenOver.isEmpty()) {
			logger.warn("Other nodes have taken over jobs that this node has run to the end, because it sent no"
					+ " heartbeat for " + this.lease + ". These jobs are run twice: " + takenOver);
		}
		return done;
	}

	private static List<@Nullable String> results(List<Outcome> done) {
		List<@Nullable String> results = new ArrayList<>();
		done.forEach((outcome) -> results.add(outcome.result()));
		return results;
	}

	private void release(Outcome outcome) throws SQLException {
		Duration delay = (outcome.delay() != null) ? outcome.delay() : Duration.ZERO;
		this.gateway.release(outcome.claim(), delay, outcome.counted());
		if (!delay.isZero()) {
			this.scheduleLook.accept(delay);
		}
	}

	private void fail(Outcome outcome) throws SQLException {
		Claim claim = outcome.claim();
		FailureReport report = outcome.report();
		Assert.state(report != null, "A failure without a report");
		String end = this.gateway.fail(claim, attempt(claim, outcome, report));
		if (end == null) {
			warn(claim
					+ " failed on this node, which no longer has the claim: another node has taken it over, or it was"
					+ " committed", outcome);
		}
		else if (end.equals("retried")) {
			logger.warn(claim + " failed and will be run again: " + report.message());
			logger.debug("The failure:", outcome.error());
			// The look finds out when the next attempt is due.
			this.scheduleLook.accept(Duration.ZERO);
		}
		else if (end.equals("dead")) {
			warn(claim + " failed for good and is now in pgdispatch.dead_letter", outcome);
		}
	}

	private FailedAttempt attempt(Claim claim, Outcome outcome, FailureReport report) {
		Handler handler = this.handlers.get(claim.handler());
		RetryPolicy retry = (handler != null) ? handler.retry() : RetryPolicy.NEVER;
		return new FailedAttempt(report.sqlState(), report.message(), report.stackTrace(), outcome.canRetry(),
				outcome.delay(), retry.maxAttempts(), retry.backOff().delay(), retry.backOff().multiplier(),
				retry.backOff().max());
	}

	/**
	 * Logs a failure. The methods of the exception may fail themselves.
	 */
	private static void warn(String message, Outcome outcome) {
		try {
			logger.warn(message, outcome.error());
		}
		catch (RuntimeException | Error ex) {
			logger.warn(message + ". Its exception cannot be logged: " + outcome.report());
		}
	}

}
