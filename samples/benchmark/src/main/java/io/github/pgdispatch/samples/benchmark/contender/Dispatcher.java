package io.github.pgdispatch.samples.benchmark.contender;

/**
 * Somebody who writes jobs in the current transaction.
 */
@FunctionalInterface
public interface Dispatcher {

	/**
	 * Writes a job.
	 * @param number that the job is given
	 */
	void dispatch(long number);

	/**
	 * Writes many jobs, in the way that is meant for many.
	 * @param number of jobs, which are given the numbers from 0 on
	 */
	default void dispatchAll(int number) {
		for (int i = 0; i < number; i++) {
			dispatch(i);
		}
	}

}
