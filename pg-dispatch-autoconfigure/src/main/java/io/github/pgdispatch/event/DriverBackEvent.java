package io.github.pgdispatch.event;

import io.github.pgdispatch.JobKind;
import org.jspecify.annotations.Nullable;

/**
 * A driver works again after a {@link DriverLostEvent}.
 *
 * <p>
 * <strong>Where</strong>: published by each node for each of its drivers.
 *
 * <p>
 * <strong>When</strong>: on the thread of pg-dispatch that publishes all events, one
 * after the other and outside of a transaction. An exception of a listener is logged.
 *
 * @param jobs the kind of the jobs that the driver runs
 * @param database the name of the database, which is that of the bean of its
 * {@code DataSource}; {@code null} if the application has only one
 */
public record DriverBackEvent(JobKind jobs, @Nullable String database) {

	/**
	 * Creates an event of an application with one database.
	 * @param jobs the kind of the jobs that the driver runs
	 */
	public DriverBackEvent(JobKind jobs) {
		this(jobs, null);
	}

	/**
	 * Returns the same event of a database.
	 * @param database the name of the database, or {@code null} if the application has
	 * only one
	 * @return an event with this database
	 */
	public DriverBackEvent in(@Nullable String database) {
		return new DriverBackEvent(this.jobs, database);
	}

}
