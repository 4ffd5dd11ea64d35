package io.github.pgdispatch.event;

import io.github.pgdispatch.JobKind;

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
 */
public record DriverBackEvent(JobKind jobs) {

}
