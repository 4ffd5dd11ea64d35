package io.github.pgdispatch.samples.benchmark.contender;

/**
 * A bean with a method that is a job.
 */
interface Jobs {

	void run(long number);

}
