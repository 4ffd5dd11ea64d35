package io.github.pgdispatch.driver;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;

import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.JobTimeLimitExceededException;
import io.github.pgdispatch.RetryAfterException;
import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.gateway.CompletionGateway;
import io.github.pgdispatch.handler.ArgumentMismatchException;
import io.github.pgdispatch.handler.Handler;
import io.github.pgdispatch.handler.HandlerInvocation;
import io.github.pgdispatch.handler.HandlerInvocations;
import io.github.pgdispatch.handler.Handlers;
import io.github.pgdispatch.handler.Headers;
import io.github.pgdispatch.handler.LostClaimException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.util.Assert;

/**
 * Runs one job, and tells what has become of it. Thread-safe.
 */
final class JobRunner implements Function<Claim, Outcome> {

	private static final Log logger = LogFactory.getLog(JobRunner.class);

	private static final Duration SOONEST_AGAIN = Duration.ofSeconds(1);

	private static final Duration LATEST_AGAIN = Duration.ofMinutes(1);

	/**
	 * So many times, as a job may be what takes its sessions down.
	 */
	private static final int ATTEMPTS = 5;

	/**
	 * So many times in a row, as others may win each time.
	 */
	private static final int RACES = 10;

	private final Handlers handlers;

	private final HandlerInvocations calls;

	private final Headers headers = new Headers();

	private final DispatchPropagator propagator;

	private final CompletionGateway completion;

	private final ScheduledExecutorService scheduler;

	private final Set<String> reported = ConcurrentHashMap.newKeySet();

	JobRunner(Handlers handlers, HandlerInvocations calls, DispatchPropagator propagator, CompletionGateway completion,
			ScheduledExecutorService scheduler) {
		this.handlers = handlers;
		this.calls = calls;
		this.propagator = propagator;
		this.completion = completion;
		this.scheduler = scheduler;
	}

	@Override
	public Outcome apply(Claim claim) {
		Handler handler = this.handlers.get(claim.handler());
		Assert.state(handler != null, "A handler that was not asked for");
		for (int race = 1;; race++) {
			try {
				HandlerInvocation call = limited(handler, claim);
				this.reported.remove(claim.handler());
				return call.isCompleted() ? Outcome.of(claim, Outcome.Kind.SETTLED)
						: Outcome.done(claim, call.result());
			}
			catch (ArgumentMismatchException ex) {
				return misfit(claim, ex);
			}
			catch (LostClaimException ex) {
				logger.warn("Job " + claim.id() + ": " + ex.getMessage());
				return Outcome.of(claim, Outcome.Kind.SETTLED);
			}
			catch (Throwable ex) {
				if (!handler.isTransactional() || !LostRace.isCauseOf(ex) || race == RACES) {
					return failed(handler, claim, ex);
				}
				logger.debug("Job " + claim.id() + " lost a race, and is run again at once", ex);
			}
		}
	}

	private HandlerInvocation limited(Handler handler, Claim claim) throws Throwable {
		Duration limit = (claim.timeLimit() != null) ? claim.timeLimit() : handler.timeLimit();
		if (limit == null) {
			return call(handler, claim);
		}
		TimeLimit timeLimit = new TimeLimit(limit, this.scheduler);
		try {
			return call(handler, claim);
		}
		catch (Throwable ex) {
			throw timeLimit.end() ? new JobTimeLimitExceededException(limit, ex) : ex;
		}
		finally {
			timeLimit.end();
		}
	}

	private HandlerInvocation call(Handler handler, Claim claim) throws Throwable {
		DispatchContext context = new DispatchContext(claim.id(), claim.attempt(), claim.dueAt().toInstant(),
				claim.dispatchedAt().toInstant(), this.headers.read(claim.headers()));
		try (DispatchPropagator.Scope scope = this.propagator.extract(context)) {
			return handler.call(claim.arguments(), context, this.calls, (result, commit) -> commit
					? this.completion.completeAndCommit(claim, result) : this.completion.complete(claim, result),
					claim.wantsResult());
		}
	}

	/**
	 * What a transaction of the method's own that lost its connection would have done is
	 * undone. If it is not, as only the answer to its commit was lost, the job is gone
	 * with it. So such a method is run again whatever it says.
	 */
	private Outcome failed(Handler handler, Claim claim, Throwable ex) {
		if (handler.isTransactional() && claim.attempt() < ATTEMPTS && LostConnection.isCauseOf(ex)) {
			logger.warn("Job " + claim.id() + " of " + claim.handler() + " lost the database, and is run again: " + ex);
			return Outcome.again(claim, SOONEST_AGAIN);
		}
		Duration retryIn = Causes.of(ex)
			.filter(RetryAfterException.class::isInstance)
			.map((cause) -> ((RetryAfterException) cause).getDelay())
			.findFirst()
			.orElse(null);
		return Outcome.failed(claim, ex, retryIn != null || handler.retry().isRetryable(ex), retryIn);
	}

	/**
	 * Other nodes may have another version of the method, to which they fit.
	 */
	private Outcome misfit(Claim claim, ArgumentMismatchException ex) {
		String message = "Job " + claim.id() + " of " + claim.handler()
				+ " waits for a node with a method that it fits: " + ex.getMessage();
		if (this.reported.add(claim.handler())) {
			logger.warn(message);
		}
		else {
			logger.debug(message);
		}
		Duration age = Duration.between(claim.dispatchedAt().toInstant(), Instant.now());
		Duration delay = (age.compareTo(SOONEST_AGAIN) < 0) ? SOONEST_AGAIN
				: (age.compareTo(LATEST_AGAIN) > 0) ? LATEST_AGAIN : age;
		return Outcome.released(claim, delay);
	}

}
