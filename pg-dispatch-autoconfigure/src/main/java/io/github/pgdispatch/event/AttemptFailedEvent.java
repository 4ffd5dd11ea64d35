package io.github.pgdispatch.event;

import org.jspecify.annotations.Nullable;

/**
 * An attempt of a job has failed, and the job will be run again. An attempt after which
 * there is no other makes the job a dead letter, which is a {@link DeadLetterEvent}.
 *
 * <p>
 * <strong>Where</strong>: published once, by the node that ran the attempt. An attempt
 * that pg_cron ran is published by no node.
 *
 * <p>
 * <strong>When</strong>: after the database has the outcome, on the thread of pg-dispatch
 * that publishes all events, one after the other and outside of a transaction. An
 * exception of a listener is logged. The event has neither the SQL nor the arguments of
 * the job.
 *
 * @param jobId the id of the job
 * @param handler the name of the handler; {@code null} if the job runs SQL
 * @param label the label of the SQL; {@code null} if it has none, or the job calls a
 * method
 * @param attempt the number of the attempt, starting at 1
 * @param sqlState the SQLSTATE of the error; {@code null} if it has none
 * @param message the first line of the error, with the class of the exception if a method
 * threw it
 * @param database the name of the database, which is that of the bean of its
 * {@code DataSource}; {@code null} if the application has only one
 */
public record AttemptFailedEvent(long jobId, @Nullable String handler, @Nullable String label, int attempt,
		@Nullable String sqlState, String message, @Nullable String database) {

	/**
	 * Creates an event of an application with one database.
	 * @param jobId the id of the job
	 * @param handler the name of the handler; {@code null} if the job runs SQL
	 * @param label the label of the SQL; {@code null} if it has none, or the job calls a
	 * method
	 * @param attempt the number of the attempt, starting at 1
	 * @param sqlState the SQLSTATE of the error; {@code null} if it has none
	 * @param message the first line of the error, with the class of the exception if a
	 * method threw it
	 */
	public AttemptFailedEvent(long jobId, @Nullable String handler, @Nullable String label, int attempt,
			@Nullable String sqlState, String message) {
		this(jobId, handler, label, attempt, sqlState, message, null);
	}

	/**
	 * Returns the same event of a database.
	 * @param database the name of the database, or {@code null} if the application has
	 * only one
	 * @return an event with this database
	 */
	public AttemptFailedEvent in(@Nullable String database) {
		return new AttemptFailedEvent(this.jobId, this.handler, this.label, this.attempt, this.sqlState, this.message,
				database);
	}

}
