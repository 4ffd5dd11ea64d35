package io.github.pgdispatch.event;

import io.github.pgdispatch.JobKind;

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
 */
public record DriverLostEvent(JobKind jobs, String reason) {

}
