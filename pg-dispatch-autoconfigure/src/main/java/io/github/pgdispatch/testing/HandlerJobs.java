package io.github.pgdispatch.testing;

import java.util.function.Supplier;

import io.github.pgdispatch.DispatchContext;
import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.driver.FailureReport;
import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.gateway.CompletionGateway;
import io.github.pgdispatch.gateway.SingleJobGateway;
import io.github.pgdispatch.handler.Handler;
import io.github.pgdispatch.handler.HandlerInvocation;
import io.github.pgdispatch.handler.HandlerInvocations;
import io.github.pgdispatch.handler.Handlers;
import io.github.pgdispatch.handler.Headers;

/**
 * Runs jobs that are calls of methods.
 */
final class HandlerJobs {

	private final JobTransaction transaction;

	private final SingleJobGateway gateway;

	private final CompletionGateway completion;

	private final Supplier<Handlers> handlers;

	private final HandlerInvocations calls;

	private final DispatchPropagator propagator;

	private final Headers headers = new Headers();

	HandlerJobs(JobTransaction transaction, SingleJobGateway gateway, CompletionGateway completion,
			TestedMethods methods) {
		this.transaction = transaction;
		this.gateway = gateway;
		this.completion = completion;
		this.handlers = methods.handlers();
		this.calls = methods.calls();
		this.propagator = methods.propagator();
	}

	void run(DispatchedJob job, String name) throws Throwable {
		Handler handler = this.handlers.get().get(name);
		if (handler == null) {
			throw new IllegalStateException("There is no such handler in this test's application context, but "
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
		DispatchContext context = new DispatchContext(claim.id(), claim.attempt(), claim.dueAt().toInstant(),
				claim.dispatchedAt().toInstant(), this.headers.read(claim.headers()));
		// A transaction that a method begins within that of the test does not see the
		// job.
		boolean unseen = this.transaction.isActive();
		HandlerInvocation call;
		try (DispatchPropagator.Scope scope = this.propagator.extract(context)) {
			call = handler.call(claim.arguments(), context, this.calls,
					(result, commit) -> unseen || this.completion.complete(claim, result), claim.wantsResult());
		}
		if (unseen || !call.isCompleted()) {
			this.transaction.run(() -> this.completion.complete(claim, call.result()));
		}
	}

}
