package io.github.pgdispatch.event;

import org.jspecify.annotations.Nullable;

/**
 * A job has failed for good and is now a dead letter. An application may alert somebody:
 * <pre class="code">
 * &#64;Component
 * class DeadLetterAlert {
 *
 * 	&#64;EventListener
 * 	void on(DeadLetterEvent event) {
 * 		this.pager.alert("Job " + event.jobId() + " has failed: " + event.message());
 * 	}
 *
 * }</pre>
 *
 * <p>
 * <strong>Where</strong>: published by the node that ran the last attempt or, if nodes
 * died while they ran the job, by the node that found this. For a job that calls a
 * method, there is one event. For a job that runs SQL, several nodes may publish an event
 * if jobs failed on each of them within about a second. The id and the attempt tell
 * whether two events are the same. There is no event for a job that pg_cron ran. If more
 * than a thousand SQL jobs fail at the same moment, some of them have no event. The table
 * {@code pgdispatch.dead_letter} has all dead letters.
 *
 * <p>
 * <strong>When</strong>: after the database has the dead letter, on the thread of
 * pg-dispatch that publishes all events, one after the other and outside of a
 * transaction. An exception of a listener is logged. The event has neither the SQL nor
 * the arguments of the job.
 *
 * @param jobId the id of the job
 * @param handler the name of the handler; {@code null} if the job ran SQL
 * @param label the label of the SQL; {@code null} if it has none, or the job called a
 * method
 * @param attempt the number of the last attempt, starting at 1
 * @param sqlState the SQLSTATE of the error; {@code null} if it has none
 * @param message the first line of the error, with the class of the exception if a method
 * threw it
 * @param database the name of the database, which is that of the bean of its
 * {@code DataSource}; {@code null} if the application has only one
 */
public record DeadLetterEvent(long jobId, @Nullable String handler, @Nullable String label, int attempt,
		@Nullable String sqlState, String message, @Nullable String database) {

	/**
	 * Creates an event of an application with one database.
	 * @param jobId the id of the job
	 * @param handler the name of the handler; {@code null} if the job ran SQL
	 * @param label the label of the SQL; {@code null} if it has none, or the job called a
	 * method
	 * @param attempt the number of the last attempt, starting at 1
	 * @param sqlState the SQLSTATE of the error; {@code null} if it has none
	 * @param message the first line of the error, with the class of the exception if a
	 * method threw it
	 */
	public DeadLetterEvent(long jobId, @Nullable String handler, @Nullable String label, int attempt,
			@Nullable String sqlState, String message) {
		this(jobId, handler, label, attempt, sqlState, message, null);
	}

	/**
	 * Returns the same event of a database.
	 * @param database the name of the database, or {@code null} if the application has
	 * only one
	 * @return an event with this database
	 */
	public DeadLetterEvent in(@Nullable String database) {
		return new DeadLetterEvent(this.jobId, this.handler, this.label, this.attempt, this.sqlState, this.message,
				database);
	}

}
