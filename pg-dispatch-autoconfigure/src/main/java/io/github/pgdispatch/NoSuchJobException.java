package io.github.pgdispatch;

/**
 * Thrown to a caller that waits for the end of a job if there is no such job, or if it
 * has ended and its result was not kept.
 */
public class NoSuchJobException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates an exception.
	 * @param id the id of the job
	 */
	public NoSuchJobException(long id) {
		super("There is no job " + id + ". Its dispatch was not committed, or it has ended and its result is not kept."
				+ " Use keepResult to dispatch a job whose end you wait for");
	}

}
