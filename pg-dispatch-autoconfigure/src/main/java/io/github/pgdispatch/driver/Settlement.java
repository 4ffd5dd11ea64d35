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
import io.github.pgdispatch.gateway.OutcomeGateway;
import io.github.pgdispatch.gateway.FailedAttempt;
import io.github.pgdispatch.handler.Handler;
import io.github.pgdispatch.handler.Handlers;
import io.github.pgdispatch.handler.RetryPolicy;
import org.jspecify.annotations.Nullable;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.util.Assert;

/**
 * Lets the database know what has become of jobs.
 */
final class Settlement {

	private static final Log logger = LogFactory.getLog(Settlement.class);

	private final OutcomeGateway gateway;

	private final Handlers handlers;

	private final ClaimedJobs calls;

	private final Duration lease;

	private final Consumer<Duration> later;

	private final AtomicLong settled = new AtomicLong();

	/**
	 * Those that were completed by a statement whose answer was lost.
	 */
	private final Set<Long> doubtful = new HashSet<>();

	/**
	 * Creates one.
	 * @param gateway to the database
	 * @param handlers of this node
	 * @param calls of this node
	 * @param lease of this node
	 * @param later told in how long something that is given back will be due
	 */
	Settlement(OutcomeGateway gateway, Handlers handlers, ClaimedJobs calls, Duration lease, Consumer<Duration> later) {
		this.gateway = gateway;
		this.handlers = handlers;
		this.calls = calls;
		this.lease = lease;
		this.later = later;
	}

	/**
	 * Returns how many jobs have been settled so far.
	 */
	long count() {
		return this.settled.get();
	}

	/**
	 * Settles all that has ended by now. What it cannot is kept for the next time.
	 */
	void settle() throws SQLException {
		List<Outcome> left = new ArrayList<>(this.calls.takeOutcomes());
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
			this.calls.putBack(left);
		}
	}

	private static List<Outcome> of(Outcome.Kind kind, List<Outcome> outcomes) {
		return outcomes.stream().filter((outcome) -> outcome.kind() == kind).toList();
	}

	private void settled(List<Outcome> left, List<Outcome> settled) {
		this.settled.addAndGet(settled.size());
		this.calls.settled(settled);
		left.removeAll(settled);
	}

	private List<Outcome> complete(List<Outcome> done) throws SQLException {
		if (done.isEmpty()) {
			return done;
		}
		List<Claim> claims = done.stream().map(Outcome::claim).toList();
		Set<Long> lost;
		try {
			lost = new HashSet<>(this.gateway.complete(claims, results(done)));
		}
		catch (SQLException ex) {
			claims.forEach((claim) -> this.doubtful.add(claim.id()));
			throw ex;
		}
		lost.removeAll(this.doubtful);
		this.doubtful.clear();
		if (!lost.isEmpty()) {
			logger.warn("Other nodes have taken over jobs that this one has run to the end, as it was not heard of for "
					+ this.lease + ": " + lost);
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
			this.later.accept(delay);
		}
	}

	private void fail(Outcome outcome) throws SQLException {
		Claim claim = outcome.claim();
		FailureReport report = outcome.report();
		Assert.state(report != null, "A failure without a report");
		String job = "Job " + claim.id() + " of " + claim.handler();
		String end = this.gateway.fail(claim, attempt(claim, outcome, report));
		if (end == null) {
			warn(job + " failed here, and is another node's by now, or has been committed", outcome);
		}
		else if (end.equals("retried")) {
			logger.warn(job + " failed, and will be run again: " + report.message());
			logger.debug("The failure:", outcome.error());
			// When exactly, the look finds out.
			this.later.accept(Duration.ZERO);
		}
		else if (end.equals("dead")) {
			warn(job + " failed: it is now in pgdispatch.dead_letter", outcome);
		}
	}

	private FailedAttempt attempt(Claim claim, Outcome outcome, FailureReport report) {
		Handler handler = this.handlers.get(claim.handler());
		RetryPolicy retry = (handler != null) ? handler.retry() : RetryPolicy.NEVER;
		return new FailedAttempt(report.sqlState(), report.message(), report.stackTrace(), outcome.canRetry(),
				outcome.delay(), retry.maxAttempts(), retry.backOff().delay(), retry.backOff().multiplier(),
				retry.backOff().limit());
	}

	/**
	 * The exception's own methods may fail.
	 */
	private static void warn(String message, Outcome outcome) {
		try {
			logger.warn(message, outcome.error());
		}
		catch (RuntimeException | Error ex) {
			logger.warn(message + ", and its exception cannot be logged: " + outcome.report());
		}
	}

}
