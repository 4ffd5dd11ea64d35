package io.github.pgdispatch.testing;

/**
 * Thrown in a test by the run of a job that fails. The cause is what the method threw, or
 * the {@link org.springframework.dao.DataAccessException} that the command would have
 * been answered with.
 */
@SuppressWarnings("serial")
public final class JobFailedException extends RuntimeException {

	private final DispatchedJob job;

	JobFailedException(DispatchedJob job, Throwable cause) {
		super("Job " + job.id() + " failed, which was " + job + ": " + cause, cause);
		this.job = job;
	}

	/**
	 * Returns the job that failed.
	 * @return the job
	 */
	public DispatchedJob getJob() {
		return this.job;
	}

}
