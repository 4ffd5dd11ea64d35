package io.github.pgdispatch.event;

/**
 * Jobs of a handler that this node does not have have been waiting for half a minute. Its
 * method or bean may have been renamed, or no node that has it is alive.
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
 */
public record HandlerUnknownEvent(String handler) {

}
