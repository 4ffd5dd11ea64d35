package io.github.pgdispatch.driver;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
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
import io.github.pgdispatch.gateway.Durations;
import io.github.pgdispatch.gateway.ReadOnlyTransactionException;
import io.github.pgdispatch.gateway.StepGateway;
import io.github.pgdispatch.handler.ArgumentMismatchException;
import io.github.pgdispatch.handler.Completion;
import io.github.pgdispatch.handler.Handler;
import io.github.pgdispatch.handler.HandlerInvocation;
import io.github.pgdispatch.handler.HandlerInvocations;
import io.github.pgdispatch.handler.Handlers;
import io.github.pgdispatch.handler.Headers;
import io.github.pgdispatch.handler.JobContext;
import io.github.pgdispatch.handler.LostClaimException;
import io.github.pgdispatch.handler.StepFactory;
import io.github.pgdispatch.handler.Steps;
import io.github.pgdispatch.handler.UnstorableResultException;
import io.github.pgdispatch.log.LogContext;
import io.github.pgdispatch.log.OneLineLog;

import org.springframework.util.Assert;

/**
 * Runs a claimed job and returns its outcome. Thread-safe.
 */
final class JobRunner implements Function<Claim, Outcome> {

	private static final OneLineLog logger = OneLineLog.of(JobRunner.class);

	private static final Duration MIN_DELAY = Duration.ofSeconds(1);

	private static final Duration MAX_DELAY = Duration.ofMinutes(1);

	/**
	 * Maximum number of times in a row that a job is run again at once, as other
	 * transactions may win each time.
	 */
	private static final int MAX_RACES = 10;

	private final Handlers handlers;

	private final HandlerInvocations invocations;

	private final Headers headers = new Headers();

	private final DispatchPropagator propagator;

	private final CompletionGateway completion;

	private final StepFactory steps;

	private final StepGateway stepGateway;

	private final ScheduledExecutorService scheduler;

	private final DriverReports reports;

	private final LogContext logContext = LogContext.create(JobRunner.class.getClassLoader());

	/**
	 * The names of the handlers for which a mismatch of arguments was logged, until a job
	 * of theirs has been run.
	 */
	private final Set<String> misfits = ConcurrentHashMap.newKeySet();

	/**
	 * Creates a runner.
	 * @param handlers of this node
	 * @param invocations registered with the transaction manager of the handlers
	 * @param propagator that restores the context that a job carries in its headers
	 * @param completion that completes a job in the transaction of its method
	 * @param steps makes the steps of attempts
	 * @param stepGateway that keeps steps in the transactions of the application
	 * @param scheduler that interrupts jobs at their time limits
	 * @param reports to those who listen to the driver
	 */
	JobRunner(Handlers handlers, HandlerInvocations invocations, DispatchPropagator propagator,
			CompletionGateway completion, StepFactory steps, StepGateway stepGateway,
			ScheduledExecutorService scheduler, DriverReports reports) {
		this.handlers = handlers;
		this.invocations = invocations;
		this.propagator = propagator;
		this.completion = completion;
		this.steps = steps;
		this.stepGateway = stepGateway;
		this.scheduler = scheduler;
		this.reports = reports;
	}

	@Override
	public Outcome apply(Claim claim) {
		Steps steps = this.steps.steps(claim.id(), claim.handler(), new ClaimedSteps(this.stepGateway, claim));
		DispatchContext context = new JobContext(claim.id(), claim.attempt(), claim.dueAt().toInstant(),
				claim.dispatchedAt().toInstant(), this.headers.read(claim.headers()), steps);
		AttemptScope scope = this.reports.attemptBegins(new BegunAttempt(claim.handler(), claim.queue(), context));
		try {
			Outcome outcome = run(claim, context, steps);
			scope.close(outcome.attempt(), outcome.error());
			return outcome;
		}
		catch (Throwable ex) {
			scope.close(null, ex);
			throw ex;
		}
		finally {
			steps.close();
		}
	}

	private Outcome run(Claim claim, DispatchContext context, Steps steps) {
		Handler handler = this.handlers.get(claim.handler());
		Assert.state(handler != null, "A claim on a job of a handler that this node does not have");
		boolean completes = true;
		for (int race = 1;; race++) {
			try {
				HandlerInvocation invocation = invokeWithinTimeLimit(handler, claim, context, completes);
				this.misfits.remove(claim.handler());
				if (!invocation.isCompleted()) {
					requireNoSleep(steps);
				}
				return invocation.isCompleted() ? Outcome.of(claim, Outcome.Kind.SETTLED)
						: Outcome.done(claim, invocation.result());
			}
			catch (ArgumentMismatchException ex) {
				return misfit(claim, ex);
			}
			catch (LostClaimException ex) {
				logger.warn(claim + ": " + ex.getMessage());
				return Outcome.of(claim, Outcome.Kind.TAKEN_OVER);
			}
			catch (ReadOnlyTransactionException ex) {
				completes = false;
				logger.debug(claim + " left its transaction read-only. It was rolled back, and the job is run again at"
						+ " once and completed after its transaction", ex);
			}
			catch (Throwable ex) {
				Steps.Sleep sleep = steps.begunSleep();
				if (sleep != null && Causes.of(ex).anyMatch((cause) -> cause == sleep.signal())) {
					return Outcome.sleeping(claim, sleep);
				}
				if (!handler.isTransactional() || !LostRace.isCauseOf(ex) || race == MAX_RACES) {
					return failed(handler, claim, ex);
				}
				logger.debug(claim + " lost a race against another transaction and is run again at once", ex);
			}
		}
	}

	private static void requireNoSleep(Steps steps) {
		Steps.Sleep sleep = steps.begunSleep();
		Assert.state(sleep == null,
				() -> "The method called sleep() and then returned: it must not catch a SleepSignal,"
						+ " or has to throw it again");
	}

	private HandlerInvocation invokeWithinTimeLimit(Handler handler, Claim claim, DispatchContext context,
			boolean completes) throws Throwable {
		Duration limit = (claim.timeLimit() != null) ? claim.timeLimit() : handler.timeLimit();
		if (limit == null) {
			return invoke(handler, claim, context, completes);
		}
		TimeLimit timeLimit = new TimeLimit(limit, this.scheduler);
		try {
			return invoke(handler, claim, context, completes);
		}
		catch (Throwable ex) {
			throw timeLimit.end() ? new JobTimeLimitExceededException(limit, ex) : ex;
		}
		finally {
			timeLimit.end();
		}
	}

	private HandlerInvocation invoke(Handler handler, Claim claim, DispatchContext context, boolean completes)
			throws Throwable {
		long begin = System.nanoTime();
		try (DispatchPropagator.Scope scope = this.propagator.extract(context);
				LogContext.Scope logged = this.logContext.add(logged(claim))) {
			Completion completion = new Completion(this.completion.dataSource(), (result, commit) -> {
				Duration ranFor = Duration.ofNanos(System.nanoTime() - begin);
				boolean hasBreaker = handler.breaker() != null;
				return commit ? this.completion.completeAndCommit(claim, result, ranFor, hasBreaker)
						: this.completion.complete(claim, result, ranFor, hasBreaker);
			});
			return handler.call(claim.arguments(), context, this.invocations, completes ? completion : null,
					claim.wantsResult());
		}
	}

	private static Map<String, String> logged(Claim claim) {
		Map<String, String> values = new HashMap<>();
		values.put("pgdispatch.job.id", String.valueOf(claim.id()));
		values.put("pgdispatch.job.handler", claim.handler());
		values.put("pgdispatch.job.attempt", String.valueOf(claim.attempt()));
		if (claim.queue() != null) {
			values.put("pgdispatch.job.queue", claim.queue());
		}
		return values;
	}

	/**
	 * Returns the outcome of a failed attempt. A method that lost its connection is run
	 * again, and the attempt does not count. If the method is transactional, its retry
	 * options do not matter: its transaction was undone, or it was committed and has
	 * removed the job, so that no attempt follows.
	 */
	private Outcome failed(Handler handler, Claim claim, Throwable ex) {
		Duration retryIn = Causes.of(ex)
			.filter(RetryAfterException.class::isInstance)
			.map((cause) -> Durations.capped(((RetryAfterException) cause).getDelay()))
			.findFirst()
			.orElse(null);
		boolean canRetry = retryIn != null || (handler.retry().isRetryable(ex) && !isUnstorable(ex));
		return (retryIn == null && LostConnection.isCauseOf(ex))
				? Outcome.outage(claim, ex, canRetry, handler.isTransactional())
				: Outcome.failed(claim, ex, canRetry, retryIn);
	}

	/**
	 * Another attempt would run the step again, and could not store its result either.
	 */
	private static boolean isUnstorable(Throwable ex) {
		return Causes.of(ex).anyMatch(UnstorableResultException.class::isInstance);
	}

	/**
	 * Gives back a job whose arguments do not fit the method. Another node may have a
	 * version of the method that they fit.
	 */
	private Outcome misfit(Claim claim, ArgumentMismatchException ex) {
		String message = claim + " waits for a node with a method that it fits: " + ex.getMessage();
		if (this.misfits.add(claim.handler())) {
			logger.warn(message);
		}
		else {
			logger.debug(message);
		}
		Duration age = Duration.between(claim.dispatchedAt().toInstant(), Instant.now());
		Duration delay = (age.compareTo(MIN_DELAY) < 0) ? MIN_DELAY : (age.compareTo(MAX_DELAY) > 0) ? MAX_DELAY : age;
		return Outcome.released(claim, delay);
	}

}
