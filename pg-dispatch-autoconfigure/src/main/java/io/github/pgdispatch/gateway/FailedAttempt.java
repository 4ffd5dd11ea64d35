package io.github.pgdispatch.gateway;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * An attempt of a handler's job that has failed, and what its handler asks for then. What
 * the job itself asks for goes before that.
 *
 * @param sqlState of the error, if the database was its cause
 * @param message of the error
 * @param context where it came from
 * @param canRetry whether another attempt could succeed
 * @param retryIn when it is to be made, if the method has said so
 * @param maxAttempts how many there are at the most
 * @param backOff after the first failure
 * @param backOffFactor so many times as long after each further one
 * @param backOffLimit longest one
 */
public record FailedAttempt(@Nullable String sqlState, String message, String context, boolean canRetry,
		@Nullable Duration retryIn, int maxAttempts, Duration backOff, double backOffFactor, Duration backOffLimit) {

}
