package io.github.pgdispatch.annotation;

import org.jspecify.annotations.Nullable;

/**
 * An annotated method, whose calls dispatch jobs. Thread-safe.
 */
interface DispatchMethod {

	/**
	 * Dispatches a call.
	 * @param invocation the call
	 * @return the return value of the call
	 */
	@Nullable Object dispatch(Invocation invocation);

	/**
	 * Lets the body of the method run if a job makes this call.
	 * @return whether the call runs the body; {@code false} if it has to be dispatched
	 */
	default boolean enter() {
		return false;
	}

}
