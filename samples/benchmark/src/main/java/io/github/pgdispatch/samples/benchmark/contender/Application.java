package io.github.pgdispatch.samples.benchmark.contender;

/**
 * An application that dispatches jobs, and runs them.
 */
public interface Application extends Dispatcher, AutoCloseable {

	/**
	 * Begins to run jobs, those that wait already included.
	 */
	void start();

	/**
	 * Begins no more jobs. Those that run are done, at the latest soon after this.
	 */
	void stop();

	/**
	 * How many jobs are not done yet.
	 * @return zero, when all are
	 */
	long waiting();

	@Override
	void close();

}
