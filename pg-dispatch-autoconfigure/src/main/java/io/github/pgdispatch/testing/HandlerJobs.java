package io.github.pgdispatch.testing;

import java.time.Duration;
import java.util.function.Supplier;

import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.SleepSignal;
import io.github.pgdispatch.driver.ClaimedSteps;
import io.github.pgdispatch.driver.FailureReport;
import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.gateway.CompletionGateway;
import io.github.pgdispatch.gateway.StepGateway;
import io.github.pgdispatch.handler.Completion;
import io.github.pgdispatch.handler.CurrentStep;
import io.github.pgdispatch.handler.Handler;
import io.github.pgdispatch.handler.HandlerInvocation;
import io.github.pgdispatch.handler.HandlerInvocations;
import io.github.pgdispatch.handler.Handlers;
import io.github.pgdispatch.handler.Headers;
import io.github.pgdispatch.handler.JobContext;
import io.github.pgdispatch.handler.LosslessMapper;
import io.github.pgdispatch.handler.Steps;
import org.jspecify.annotations.Nullable;

/**
 * Runs jobs that call handlers.
 */
final class HandlerJobs {

	private final JobTransaction transaction;

	private final HandlerJobGateway gateway;

	private final CompletionGateway completion;

	private final Supplier<Handlers> handlers;

	private final HandlerInvocations invocations;

	private final DispatchPropagator propagator;

	private final StepGateway stepGateway;

	private final Supplier<LosslessMapper> mapper;

	private final CurrentStep currentStep;

	private final Headers headers = new Headers();

	HandlerJobs(JobTransaction transaction, HandlerJobGateway gateway, CompletionGateway completion,
			StepGateway stepGateway, TestedMethods methods) {
		this.transaction = transaction;
		this.gateway = gateway;
		this.completion = completion;
		this.handlers = methods.handlers();
		this.invocations = methods.invocations();
		this.propagator = methods.propagator();
		this.stepGateway = stepGateway;
		this.mapper = methods::arguments;
		this.currentStep = methods.currentStep();
	}

	void run(DispatchedJob job, String name) throws Throwable {
		Handler handler = this.handlers.get().get(name);
		if (handler == null) {
			throw new IllegalStateException(
					"The application context of this test does not have this handler. Its handlers are "
							+ this.handlers.get().names() + ". Import the bean that has the method");
		}
		Claim claim = this.transaction.execute(() -> claim(job, name));
		try {
			this.transaction.attempt(() -> call(handler, claim));
		}
		catch (Throwable ex) {
			FailureReport report = FailureReport.of(ex);
			this.transaction
				.run(() -> this.gateway.fail(claim, report.sqlState(), report.message(), report.stackTrace()));
			throw ex;
		}
		finally {
			this.transaction.run(this.gateway::endLease);
		}
	}

	private Claim claim(DispatchedJob job, String name) {
		Claim claim = this.gateway.claim(name);
		if (claim == null || claim.id() != job.id()) {
			throw new IllegalStateException("Somebody else is running it");
		}
		return claim;
	}

	private void call(Handler handler, Claim claim) throws Throwable {
		Steps steps = this.transaction.steps(this.mapper, this.currentStep)
			.steps(claim.id(), claim.handler(), new ClaimedSteps(this.stepGateway, claim));
		DispatchContext context = new JobContext(claim.id(), claim.attempt(), claim.dueAt().toInstant(),
				claim.dispatchedAt().toInstant(), this.headers.read(claim.headers()), steps);
		// A transaction that the method begins inside the transaction of the test does
		// not see the job, and so cannot complete it.
		boolean invisible = this.transaction.isActive();
		HandlerInvocation invocation;
		long begin = System.nanoTime();
		try (DispatchPropagator.Scope scope = this.propagator.extract(context)) {
			Completion completes = new Completion(this.completion.dataSource(),
					(result, commit) -> invisible || complete(claim, result, begin));
			invocation = handler.call(claim.arguments(), context, this.invocations, completes, claim.wantsResult());
		}
		catch (SleepSignal ex) {
			Steps.Sleep sleep = steps.begunSleep();
			if (sleep == null) {
				throw ex;
			}
			this.transaction.run(() -> this.gateway.sleep(claim, sleep.name(), sleep.duration()));
			return;
		}
		finally {
			steps.close();
		}
		if (invisible || !invocation.isCompleted()) {
			this.transaction.run(() -> complete(claim, invocation.result(), begin));
		}
	}

	private boolean complete(Claim claim, @Nullable String result, long begin) {
		return this.completion.complete(claim, result, Duration.ofNanos(System.nanoTime() - begin), false);
	}

}
