package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import io.github.pgdispatch.CircuitBreaker;
import io.github.pgdispatch.event.AttemptFailedEvent;
import io.github.pgdispatch.event.DeadLetterEvent;
import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.gateway.FailedAttempt;
import io.github.pgdispatch.gateway.OutcomeGateway;
import io.github.pgdispatch.handler.Handler;
import io.github.pgdispatch.handler.Handlers;
import io.github.pgdispatch.handler.RetryPolicy;
import io.github.pgdispatch.log.OneLineLog;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Writes the outcomes of jobs to the database, reports them, and logs failures. Not
 * thread-safe.
 */
final class OutcomeWriter {

	private static final OneLineLog logger = OneLineLog.of(OutcomeWriter.class);

	private static final String RESULT_TOO_LARGE = "PD002";

	private final OutcomeGateway gateway;

	private final Handlers handlers;

	private final Duration lease;

	private final Consumer<Duration> scheduleLook;

	private final DriverReports reports;

	/**
	 * The ids of jobs that a statement was to complete whose answer was lost.
	 */
	private final Set<Long> unconfirmed = new HashSet<>();

	/**
	 * Creates a writer.
	 * @param gateway to the database
	 * @param handlers of this node
	 * @param lease of this node
	 * @param scheduleLook has the queue looked at after a delay
	 * @param reports of the driver
	 */
	OutcomeWriter(OutcomeGateway gateway, Handlers handlers, Duration lease, Consumer<Duration> scheduleLook,
			DriverReports reports) {
		this.gateway = gateway;
		this.handlers = handlers;
		this.lease = lease;
		this.scheduleLook = scheduleLook;
		this.reports = reports;
	}

	/**
	 * Writes the outcome of one job.
	 * @throws SQLException if it was not written, or if the connection was lost
	 */
	void write(Outcome outcome) throws SQLException {
		switch (outcome.kind()) {
			case DONE -> complete(outcome);
			case SETTLED, TAKEN_OVER -> report(outcome);
			case FAILED -> fail(outcome);
			case CANCELLED -> {
				this.gateway.cancel(outcome.claim());
				report(outcome, AttemptOutcome.CANCELLED);
			}
			case RELEASED -> release(outcome);
			case SLEEPING -> sleep(outcome);
		}
	}

	/**
	 * Deletes a job that is done. If its result is too large, the job has failed for
	 * good: what the method has done is committed, and another attempt would do it again
	 * and return as much.
	 */
	private void complete(Outcome outcome) throws SQLException {
		try {
			complete(List.of(outcome));
		}
		catch (SQLException ex) {
			if (!RESULT_TOO_LARGE.equals(ex.getSQLState())) {
				throw ex;
			}
			fail(Outcome.failed(outcome.claim(), ex, false, null).at(outcome.times()));
		}
	}

	/**
	 * Deletes jobs that are done, all of them or none.
	 * @param done outcomes of this kind, all with a result or all without
	 */
	void complete(List<Outcome> done) throws SQLException {
		List<Claim> claims = done.stream().map(Outcome::claim).toList();
		Set<Long> takenOver;
		try {
			takenOver = new HashSet<>(this.gateway.complete(claims, results(done),
					done.stream().map(Outcome::duration).toList(), withBreaker(claims)));
		}
		catch (SQLException ex) {
			if (LostDatabase.isCauseOf(ex)) {
				claims.forEach((claim) -> this.unconfirmed.add(claim.id()));
			}
			throw ex;
		}
		takenOver.removeAll(this.unconfirmed);
		claims.forEach((claim) -> this.unconfirmed.remove(claim.id()));
		if (!takenOver.isEmpty()) {
			logger.warn("Other nodes have taken over jobs that this node has run to the end, because it sent no"
					+ " heartbeat for " + this.lease + ". These jobs are run twice: "
					+ claims.stream()
						.filter((claim) -> takenOver.contains(claim.id()))
						.map(Claim::toString)
						.collect(Collectors.joining(", ")));
		}
		done.forEach((outcome) -> report(outcome,
				takenOver.contains(outcome.claim().id()) ? AttemptOutcome.LOST : AttemptOutcome.DONE));
	}

	private Set<String> withBreaker(List<Claim> claims) {
		Set<String> handlers = new HashSet<>();
		for (Claim claim : claims) {
			Handler handler = this.handlers.get(claim.handler());
			if (handler != null && handler.breaker() != null) {
				handlers.add(handler.name());
			}
		}
		return handlers;
	}

	private static List<String> results(List<Outcome> done) {
		List<String> results = new ArrayList<>();
		for (Outcome outcome : done) {
			if (outcome.result() != null) {
				results.add(outcome.result());
			}
		}
		return results;
	}

	private void release(Outcome outcome) throws SQLException {
		Duration delay = (outcome.delay() != null) ? outcome.delay() : Duration.ZERO;
		this.gateway.release(outcome.claim(), delay);
		report(outcome, AttemptOutcome.RELEASED);
		this.scheduleLook.accept(delay);
	}

	private void sleep(Outcome outcome) throws SQLException {
		Assert.state(outcome.sleep() != null && outcome.delay() != null, "A sleep without a name or a duration");
		boolean sleeps = this.gateway.sleep(outcome.claim(), outcome.sleep(), outcome.delay());
		report(outcome, sleeps ? AttemptOutcome.SLEEPING : AttemptOutcome.LOST);
		// The look finds out when the job is due again.
		this.scheduleLook.accept(Duration.ZERO);
	}

	private void fail(Outcome outcome) throws SQLException {
		Claim claim = outcome.claim();
		FailureReport report = outcome.report();
		Assert.state(report != null, "A failure without a report");
		String end = this.gateway.fail(claim, attempt(claim, outcome, report), outcome.duration());
		if (end == null) {
			warn(claim
					+ " failed on this node, which no longer has the claim: another node has taken it over, or it was"
					+ " committed", outcome);
			report(outcome, AttemptOutcome.LOST);
		}
		else if (end.equals("retried")) {
			logger.warn(claim + " failed and will be run again" + report.describe());
			logger.debug("The failure:", outcome.error());
			// The look finds out when the next attempt is due.
			this.scheduleLook.accept(Duration.ZERO);
			report(outcome, AttemptOutcome.RETRIED);
			this.reports.attemptFailed(new AttemptFailedEvent(claim.id(), claim.handler(), null, claim.attempt(),
					report.sqlState(), report.summary()));
		}
		else if (end.equals("released")) {
			logger.warn(claim + " lost its database connection and is run again. The attempt does not count"
					+ report.describe());
			logger.debug("The failure:", outcome.error());
			this.scheduleLook.accept(Duration.ZERO);
			report(outcome, AttemptOutcome.RELEASED);
		}
		else if (end.equals("dead")) {
			warn(claim + " failed for good and is now in pgdispatch.dead_letter" + report.describe(), outcome);
			report(outcome, AttemptOutcome.FAILED);
			reportDeadLetter(claim, report);
		}
		else {
			report(outcome, AttemptOutcome.CANCELLED);
		}
	}

	private FailedAttempt attempt(Claim claim, Outcome outcome, FailureReport report) {
		Handler handler = this.handlers.get(claim.handler());
		RetryPolicy retry = (handler != null) ? handler.retry() : RetryPolicy.NEVER;
		CircuitBreaker breaker = (handler != null) ? handler.breaker() : null;
		return new FailedAttempt(report.sqlState(), report.message(), report.stackTrace(), outcome.canRetry(),
				outcome.delay(), retry.maxAttempts(), retry.backOff().delay(), retry.backOff().multiplier(),
				retry.backOff().max(), outcome.outage(), outcome.undone(),
				(breaker != null) ? breaker.breakAfter() : null, (breaker != null) ? breaker.breakFor() : null);
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

	/**
	 * Makes a job a dead letter because its outcome cannot be written. The dead letter
	 * has as little as possible that the database could refuse.
	 * @param outcome that cannot be written
	 * @param refusal the error
	 */
	void giveUp(Outcome outcome, Throwable refusal) throws SQLException {
		FailureReport report = FailureReport.ofRefusal(outcome.kind(), refusal);
		this.gateway.fail(outcome.claim(), FailedAttempt.last(report.sqlState(), report.message()), outcome.duration());
		report(outcome, AttemptOutcome.FAILED);
		reportDeadLetter(outcome.claim(), report);
	}

	/**
	 * Reports an outcome that the database knows already.
	 */
	void report(Outcome outcome) {
		report(outcome, (outcome.kind() == Outcome.Kind.SETTLED) ? AttemptOutcome.DONE : AttemptOutcome.LOST);
	}

	private void report(Outcome outcome, AttemptOutcome end) {
		AttemptTimes times = outcome.times();
		if (times != null) {
			Claim claim = outcome.claim();
			FailureReport report = outcome.report();
			this.reports.attemptEnded(new EndedAttempt(claim.id(), claim.handler(), claim.queue(), claim.attempt(), end,
					times.delay(claim), times.duration(),
					(outcome.error() != null) ? outcome.error().getClass().getName() : null,
					(report != null) ? report.sqlState() : null));
		}
	}

	private void reportDeadLetter(Claim claim, FailureReport report) {
		this.reports.deadLetter(new DeadLetterEvent(claim.id(), claim.handler(), null, claim.attempt(),
				report.sqlState(), report.summary()));
	}

	/**
	 * Returns the SQLSTATE of the database's refusal, for a log line.
	 */
	static @Nullable String sqlState(Throwable refusal) {
		return FailureReport.of(refusal).sqlState();
	}

}
