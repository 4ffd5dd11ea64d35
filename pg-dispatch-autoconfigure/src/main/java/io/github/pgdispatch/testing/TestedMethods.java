package io.github.pgdispatch.testing;

import java.util.function.Supplier;

import io.github.pgdispatch.DispatchPropagator;
import io.github.pgdispatch.handler.HandlerInvocations;
import io.github.pgdispatch.handler.Handlers;
import io.github.pgdispatch.handler.LosslessMapper;

/**
 * The methods of an application under test that are run by jobs.
 *
 * @param handlers of the application
 * @param calls registered with its transaction manager
 * @param arguments reads and writes them as the application does
 * @param propagator restores what came along in headers
 */
public record TestedMethods(Supplier<Handlers> handlers, HandlerInvocations calls, LosslessMapper arguments,
		DispatchPropagator propagator) {

}
