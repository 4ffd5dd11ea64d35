package io.github.pgdispatch.driver;

/**
 * A driver whose state can be asked for. Thread-safe.
 */
public interface ObservedDriver {

	/**
	 * Returns the state of the driver, without asking the database.
	 * @return the present state
	 */
	DriverState state();

	/**
	 * Returns whether this node could run the jobs of a name.
	 * @param name the handler or the label of the jobs
	 * @return whether the driver would run them
	 */
	boolean runs(String name);

}
