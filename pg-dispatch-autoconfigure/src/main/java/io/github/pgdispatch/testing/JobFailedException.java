package io.github.pgdispatch.testing;

/**
 * Thrown by {@link DispatchedJobs#run()} if a job fails or cannot be run. The cause is
 * the exception that the method has thrown, or the
 * {@link org.springframework.dao.DataAccessException} of the SQL error.
 */
@SuppressWarnings("serial")
public final class JobFailedException extends RuntimeException {

	private final DispatchedJob job;

	JobFailedException(DispatchedJob job, Throwable cause) {
		super("Job " + job.id() + " (" + job + ") failed: " + cause, cause);
		this.job = job;
	}

	/**
	 * Returns the job that failed.
	 * @return the failed job
	 */
	public DispatchedJob getJob() {
		return this.job;
	}

}
