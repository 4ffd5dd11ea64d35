package io.github.pgdispatch.gateway;

import org.jspecify.annotations.Nullable;

/**
 * A request of a node to claim jobs of a handler.
 *
 * @param handler the name of the handler
 * @param maxJobs maximum number of jobs
 * @param after the last claim, if it was made just now: the search for jobs starts behind
 * it
 */
public record ClaimRequest(String handler, int maxJobs, @Nullable Claim after) {
}
