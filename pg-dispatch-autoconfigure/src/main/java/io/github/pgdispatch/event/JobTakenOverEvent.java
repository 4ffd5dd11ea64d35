package io.github.pgdispatch.event;

import org.jspecify.annotations.Nullable;

/**
 * A node has taken over a job of a method from a node that died while it ran the job, or
 * that did not renew its lease in time.
 *
 * <p>
 * <strong>Where</strong>: published once for each time that a job is taken over, by the
 * node that runs it now. There is no such event for SQL, which the database undoes itself
 * when its session is lost.
 *
 * <p>
 * <strong>When</strong>: after the claim has been committed, on the thread of pg-dispatch
 * that publishes all events, one after the other and outside of a transaction. An
 * exception of a listener is logged. The event does not have the arguments of the job.
 *
 * @param jobId the id of the job
 * @param handler the name of the handler
 * @param attempt the number of the attempt that begins, starting at 1
 * @param database the name of the database, which is that of the bean of its
 * {@code DataSource}; {@code null} if the application has only one
 */
public record JobTakenOverEvent(long jobId, String handler, int attempt, @Nullable String database) {

	/**
	 * Creates an event of an application with one database.
	 * @param jobId the id of the job
	 * @param handler the name of the handler
	 * @param attempt the number of the attempt that begins, starting at 1
	 */
	public JobTakenOverEvent(long jobId, String handler, int attempt) {
		this(jobId, handler, attempt, null);
	}

	/**
	 * Returns the same event of a database.
	 * @param database the name of the database, or {@code null} if the application has
	 * only one
	 * @return an event with this database
	 */
	public JobTakenOverEvent in(@Nullable String database) {
		return new JobTakenOverEvent(this.jobId, this.handler, this.attempt, database);
	}

}
