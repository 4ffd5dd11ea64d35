package io.github.pgdispatch.event;

import io.github.pgdispatch.JobKind;
import org.jspecify.annotations.Nullable;

/**
 * A driver cannot work at present: it has lost the database, or the database refuses what
 * it needs. It tries again by itself until a {@link DriverBackEvent} or until it is
 * stopped. Jobs wait meanwhile, unless other nodes run them.
 *
 * <p>
 * <strong>Where</strong>: published by each node for each of its drivers, once for as
 * long as the driver cannot work.
 *
 * <p>
 * <strong>When</strong>: on the thread of pg-dispatch that publishes all events, one
 * after the other and outside of a transaction. An exception of a listener is logged.
 *
 * @param jobs the kind of the jobs that the driver runs
 * @param reason the first line of the error, and of its first cause
 * @param database the name of the database, which is that of the bean of its
 * {@code DataSource}; {@code null} if the application has only one
 */
public record DriverLostEvent(JobKind jobs, String reason, @Nullable String database) {

	/**
	 * Creates an event of an application with one database.
	 * @param jobs the kind of the jobs that the driver runs
	 * @param reason the first line of the error, and of its first cause
	 */
	public DriverLostEvent(JobKind jobs, String reason) {
		this(jobs, reason, null);
	}

	/**
	 * Returns the same event of a database.
	 * @param database the name of the database, or {@code null} if the application has
	 * only one
	 * @return an event with this database
	 */
	public DriverLostEvent in(@Nullable String database) {
		return new DriverLostEvent(this.jobs, this.reason, database);
	}

}
