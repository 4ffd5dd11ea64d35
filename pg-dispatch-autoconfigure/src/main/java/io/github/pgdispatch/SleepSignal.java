package io.github.pgdispatch;

/**
 * Ends the attempt of a job that {@linkplain DispatchContext#sleep sleeps}. It is no
 * failure, and is an {@link Error} so that a {@code catch} of exceptions does not keep it
 * from the caller of the method. A method that catches any {@link Throwable} has to throw
 * it again: otherwise the attempt fails.
 */
public final class SleepSignal extends Error {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates a signal, which has no stack trace.
	 * @param step the name of the sleep
	 */
	public SleepSignal(String step) {
		super("The job sleeps (" + step + "). Whoever catches this has to throw it again", null, false, false);
	}

}
