package io.github.pgdispatch.gateway;

import org.jspecify.annotations.Nullable;

/**
 * What a node would like to claim of a handler's jobs.
 *
 * @param handler its name
 * @param atMost how many
 * @param after on from which to look first: the one claimed last, if that was just now
 */
public record ClaimRequest(String handler, int atMost, @Nullable Claim after) {
}
