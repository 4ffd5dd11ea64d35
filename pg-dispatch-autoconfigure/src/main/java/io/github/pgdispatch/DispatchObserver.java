package io.github.pgdispatch;

import java.util.function.LongSupplier;

/**
 * Is called around each dispatch of a template, for example to trace it. Implementations
 * have to be thread-safe.
 */
@FunctionalInterface
public interface DispatchObserver {

	/**
	 * Makes a dispatch. Called on the thread that dispatches. An exception makes the
	 * dispatch fail.
	 * @param dispatch what is dispatched. Headers that this method adds are stored with
	 * the job
	 * @param write writes the job; to be called once. It returns the id of the job, or
	 * zero if the id is unknown, and throws what the dispatch throws
	 * @return what {@code write} has returned
	 */
	long observe(ObservedDispatch dispatch, LongSupplier write);

}
