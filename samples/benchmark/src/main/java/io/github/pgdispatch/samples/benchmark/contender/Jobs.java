package io.github.pgdispatch.samples.benchmark.contender;

import io.github.pgdispatch.Dispatch;

/**
 * A bean with a method that is a job.
 */
interface Jobs {

	void run(long number);

	/**
	 * Describes the same job, so that options can be added to it.
	 * @return the job that a call of {@link #run(long)} dispatches
	 */
	default Dispatch describe(long number) {
		return Dispatch.handler("job", arguments(number));
	}

	static String arguments(long number) {
		return "{\"number\": " + number + "}";
	}

}
