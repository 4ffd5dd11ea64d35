package io.github.pgdispatch.gateway;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * Criteria that dead letters have to meet. A criterion that is {@code null} is met by all
 * dead letters.
 *
 * @param id of the job
 * @param handler the name of the handler that failed
 * @param label of the SQL that failed
 * @param sqlState of the error
 * @param since the earliest time of the failure, inclusive
 * @param until the latest time of the failure, exclusive
 * @param text that the message contains, regardless of upper and lower case
 * @param limit maximum number of dead letters, of which those that failed first are
 * selected
 */
public record DeadLetterSelection(@Nullable Long id, @Nullable String handler, @Nullable String label,
		@Nullable String sqlState, @Nullable Instant since, @Nullable Instant until, @Nullable String text,
		@Nullable Integer limit) {

}
