package io.github.pgdispatch;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Thrown by the body of a method that a job runs, to set the time of the next attempt,
 * for example to a time that a remote service has named. The attempt has failed like any
 * other. The transaction of the method rolls back, and the job becomes a dead letter if
 * it had its maximum number of attempts.
 */
public class RetryAfterException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final Duration delay;

	/**
	 * Creates an exception without a cause.
	 * @param delay the time until the next attempt; zero or more. A longer time than
	 * 3,652 days is shortened to 3,652 days
	 * @param message the reason
	 */
	public RetryAfterException(Duration delay, String message) {
		this(delay, message, null);
	}

	/**
	 * Creates an exception.
	 * @param delay the time until the next attempt; zero or more. A longer time than
	 * 3,652 days is shortened to 3,652 days
	 * @param message the reason
	 * @param cause the exception that has led to it, or {@code null}
	 */
	public RetryAfterException(Duration delay, String message, @Nullable Throwable cause) {
		super(message, cause);
		Assert.isTrue(!delay.isNegative(), () -> "The delay must not be negative, but is " + delay);
		this.delay = delay;
	}

	/**
	 * Returns the time until the next attempt.
	 * @return the delay
	 */
	public Duration getDelay() {
		return this.delay;
	}

}
