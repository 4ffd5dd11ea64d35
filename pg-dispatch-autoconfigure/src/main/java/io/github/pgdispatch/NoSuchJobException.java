package io.github.pgdispatch;

/**
 * Thrown to whoever waits for the end of a job that there is not, or no longer.
 */
public class NoSuchJobException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates one.
	 * @param id of the job
	 */
	public NoSuchJobException(long id) {
		super("There is no job " + id + ": it was never committed, or has ended, and what became of it is not kept,"
				+ " or no longer. Dispatch a job with keepResult to wait for its end");
	}

}
