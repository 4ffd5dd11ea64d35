package io.github.pgdispatch.gateway;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * Chooses dead letters by all that is not {@code null}.
 *
 * @param id that the job had
 * @param handler the name of the one that failed
 * @param sqlState of the error
 * @param since the time since which it failed, inclusive
 * @param until the time before which it failed
 * @param text that the message has, in upper or lower case
 * @param limit how many, of those that failed first
 */
public record DeadLetterSelection(@Nullable Long id, @Nullable String handler, @Nullable String sqlState,
		@Nullable Instant since, @Nullable Instant until, @Nullable String text, @Nullable Integer limit) {

}
