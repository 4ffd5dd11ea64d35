package io.github.pgdispatch.gateway;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * What there is to do.
 *
 * @param due how many jobs are due, counting those that are being run
 * @param nextDueIn in how long the next one falls due; {@code null} if there is none
 * @param lastWord whether to look again is of no use until then or until a notification
 */
public record QueueStatus(int due, @Nullable Duration nextDueIn, boolean lastWord) {

}
