package io.github.pgdispatch.annotation;

import org.jspecify.annotations.Nullable;

/**
 * What a call of an annotated method dispatches.
 */
interface DispatchMethod {

	/**
	 * Dispatches a call.
	 * @param target that is called
	 * @param arguments of the call
	 * @return what the call returns
	 */
	@Nullable Object dispatch(Object target, @Nullable Object[] arguments);

	/**
	 * Whether the call is that of a job, which runs the body.
	 * @return whether it is
	 */
	default boolean isReplay() {
		return false;
	}

}
