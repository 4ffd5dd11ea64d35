package io.github.pgdispatch.driver;

/**
 * Runs jobs, and may be drained. Thread-safe.
 */
public interface Drainable {

	/**
	 * Begins no more jobs, leaves those that wait to other nodes, and lets running ones
	 * go on. Returns at once, and has no effect if this is drained or stopped.
	 */
	void drain();

	/**
	 * Begins jobs again. Has no effect unless this is drained.
	 */
	void resume();

	/**
	 * Returns whether this is drained.
	 * @return whether it is
	 */
	boolean isDraining();

}
