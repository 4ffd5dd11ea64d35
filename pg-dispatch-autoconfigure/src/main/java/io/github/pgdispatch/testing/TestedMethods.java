package io.github.pgdispatch.testing;

import java.util.function.Supplier;

import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.handler.CurrentStep;
import io.github.pgdispatch.handler.HandlerInvocations;
import io.github.pgdispatch.handler.Handlers;
import io.github.pgdispatch.handler.LosslessMapper;

/**
 * The methods of an application under test that jobs can call.
 *
 * @param handlers the handlers of the application
 * @param invocations the invocations, which are registered with the transaction manager
 * @param arguments the mapper that reads and writes arguments as the application does
 * @param propagator the propagator that restores the headers of a job
 * @param currentStep knows the step of each thread
 */
public record TestedMethods(Supplier<Handlers> handlers, HandlerInvocations invocations, LosslessMapper arguments,
		DispatchPropagator propagator, CurrentStep currentStep) {

}
