package io.github.pgdispatch.gateway;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * The status of a queue, as a node sees it.
 *
 * @param due number of jobs that are due, including those that are running
 * @param hasMore whether jobs are due that the node cannot take, or not at once
 * @param nextDueIn the time until the next job falls due; {@code null} if there is none
 * @param mayMissDispatches whether dispatches from SQL, such as those of triggers, may
 * notify no driver, so that the node has to look again soon
 */
public record QueueStatus(int due, boolean hasMore, @Nullable Duration nextDueIn, boolean mayMissDispatches) {

}
