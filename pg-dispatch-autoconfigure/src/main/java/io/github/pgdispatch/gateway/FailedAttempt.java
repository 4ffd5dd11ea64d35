package io.github.pgdispatch.gateway;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * A failed attempt of a handler's job, with the handler's retry options. Options of the
 * job itself take precedence over these.
 *
 * @param sqlState of the error, if the database raised it
 * @param message of the error
 * @param context of the error, such as its stack trace
 * @param canRetry whether another attempt could succeed
 * @param retryIn delay before the next attempt, if the method asked for one
 * @param maxAttempts maximum number of attempts, the first included
 * @param backOff delay after the first failed attempt
 * @param backOffMultiplier factor by which the delay grows after each further failed
 * attempt
 * @param maxBackOff longest delay
 * @param outage whether the method failed because a server was not there
 * @param undone whether nothing is left of what it did in the database
 * @param breakAfter number of failed attempts in a row after which the handler's circuit
 * breaker trips; {@code null} if it has none
 * @param breakFor time for which it then waits at first; {@code null} if it has none
 */
public record FailedAttempt(@Nullable String sqlState, String message, String context, boolean canRetry,
		@Nullable Duration retryIn, int maxAttempts, Duration backOff, double backOffMultiplier, Duration maxBackOff,
		boolean outage, boolean undone, @Nullable Integer breakAfter, @Nullable Duration breakFor) {

	/**
	 * Returns the same attempt with texts that any database can store.
	 */
	FailedAttempt inAscii() {
		return new FailedAttempt(this.sqlState, TextEncoding.ascii(this.message), TextEncoding.ascii(this.context),
				this.canRetry, this.retryIn, this.maxAttempts, this.backOff, this.backOffMultiplier, this.maxBackOff,
				this.outage, this.undone, this.breakAfter, this.breakFor);
	}

	/**
	 * Returns an attempt after which there is no other.
	 * @param sqlState of the error, if the database raised it
	 * @param message of the error
	 * @return an attempt without a context
	 */
	public static FailedAttempt last(@Nullable String sqlState, String message) {
		return new FailedAttempt(sqlState, message, "", false, null, 1, Duration.ZERO, 1, Duration.ZERO, false, false,
				null, null);
	}

}
