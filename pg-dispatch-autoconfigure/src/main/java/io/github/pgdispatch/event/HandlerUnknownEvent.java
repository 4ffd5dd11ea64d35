package io.github.pgdispatch.event;

import org.jspecify.annotations.Nullable;

/**
 * Jobs have been waiting for half a minute for a handler that this node does not have.
 * Its method or bean may have been renamed, or no node that has it is alive.
 *
 * <p>
 * <strong>Where</strong>: published by each node that finds such jobs and runs methods,
 * once for as long as they are there.
 *
 * <p>
 * <strong>When</strong>: after a look at the queue, on the thread of pg-dispatch that
 * publishes all events, one after the other and outside of a transaction. An exception of
 * a listener is logged.
 *
 * @param handler the name of the handler, which whoever dispatched the job has chosen
 * @param database the name of the database, which is that of the bean of its
 * {@code DataSource}; {@code null} if the application has only one
 */
public record HandlerUnknownEvent(String handler, @Nullable String database) {

	/**
	 * Creates an event of an application with one database.
	 * @param handler the name of the handler, which whoever dispatched the job has chosen
	 */
	public HandlerUnknownEvent(String handler) {
		this(handler, null);
	}

	/**
	 * Returns the same event of a database.
	 * @param database the name of the database, or {@code null} if the application has
	 * only one
	 * @return an event with this database
	 */
	public HandlerUnknownEvent in(@Nullable String database) {
		return new HandlerUnknownEvent(this.handler, database);
	}

}
