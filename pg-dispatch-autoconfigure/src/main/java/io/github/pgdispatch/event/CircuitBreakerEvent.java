package io.github.pgdispatch.event;

import org.jspecify.annotations.Nullable;

/**
 * The circuit breaker of a handler or of a queue has tripped, so that its jobs do not
 * begin, or was reset by a probe that succeeded. Exactly one of {@code handler} and
 * {@code queue} is not {@code null}.
 *
 * <p>
 * <strong>Where</strong>: published once in a cluster, by the node that ran the attempt.
 * No node publishes what an operator or pg_cron has done.
 *
 * <p>
 * <strong>When</strong>: after the outcome of the attempt has been written, on the thread
 * of pg-dispatch that publishes all events, one after the other and outside of a
 * transaction. An exception of a listener is logged.
 *
 * @param handler the name of the handler; {@code null} if a queue has the breaker
 * @param queue the name of the queue; {@code null} if a handler has the breaker
 * @param tripped {@code true} if the breaker has tripped; {@code false} if it was reset
 * @param failures the number of failed attempts in a row with which it tripped; 0 if it
 * was reset
 * @param database the name of the database, which is that of the bean of its
 * {@code DataSource}; {@code null} if the application has only one
 */
public record CircuitBreakerEvent(@Nullable String handler, @Nullable String queue, boolean tripped, int failures,
		@Nullable String database) {

	/**
	 * Creates an event of an application with one database.
	 * @param handler the name of the handler; {@code null} if a queue has the breaker
	 * @param queue the name of the queue; {@code null} if a handler has the breaker
	 * @param tripped {@code true} if the breaker has tripped; {@code false} if it was
	 * reset
	 * @param failures the number of failed attempts in a row with which it tripped; 0 if
	 * it was reset
	 */
	public CircuitBreakerEvent(@Nullable String handler, @Nullable String queue, boolean tripped, int failures) {
		this(handler, queue, tripped, failures, null);
	}

	/**
	 * Returns the same event of a database.
	 * @param database the name of the database, or {@code null} if the application has
	 * only one
	 * @return an event with this database
	 */
	public CircuitBreakerEvent in(@Nullable String database) {
		return new CircuitBreakerEvent(this.handler, this.queue, this.tripped, this.failures, database);
	}

}
