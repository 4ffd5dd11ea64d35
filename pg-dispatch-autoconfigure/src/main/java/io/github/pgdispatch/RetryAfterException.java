package io.github.pgdispatch;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Thrown by a method that runs jobs to say when it is to be called again, as where a
 * remote service has told it so. It is a failed attempt like others: the method's
 * transaction rolls back, and a job that has no attempts left becomes a dead letter.
 */
public class RetryAfterException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final Duration delay;

	/**
	 * Creates one without a cause.
	 * @param delay after which to call it again
	 * @param message why
	 */
	public RetryAfterException(Duration delay, String message) {
		this(delay, message, null);
	}

	/**
	 * Creates one.
	 * @param delay after which to call it again; zero or more
	 * @param message why
	 * @param cause what has told it so, if anything was thrown
	 */
	public RetryAfterException(Duration delay, String message, @Nullable Throwable cause) {
		super(message, cause);
		Assert.isTrue(!delay.isNegative(), () -> "The delay must not be negative, but is " + delay);
		this.delay = delay;
	}

	/**
	 * Returns after which delay to call the method again.
	 * @return the delay
	 */
	public Duration getDelay() {
		return this.delay;
	}

}
