package io.github.pgdispatch.handler;

import java.util.List;

import io.github.pgdispatch.BackOff;

import org.springframework.util.Assert;

/**
 * Determines whether and when a failed job of a handler is run again. The options of the
 * job take precedence.
 *
 * @param maxAttempts the maximum number of attempts, the first included; positive
 * @param backOff the back-off after a failed attempt
 * @param retryOn the exceptions after which a job is run again, including subclasses;
 * empty for all
 * @param noRetryOn the exceptions after which a job is not run again, including
 * subclasses. If an exception matches both lists, the class that is closer to its own
 * class decides
 */
public record RetryPolicy(int maxAttempts, BackOff backOff, List<Class<? extends Throwable>> retryOn,
		List<Class<? extends Throwable>> noRetryOn) {

	/**
	 * The policy that never runs a job again.
	 */
	public static final RetryPolicy NEVER = new RetryPolicy(1, BackOff.DEFAULT, List.of(), List.of());

	private static final int NONE = Integer.MAX_VALUE;

	public RetryPolicy {
		Assert.isTrue(maxAttempts > 0, () -> "The maximum number of attempts must be positive, but is " + maxAttempts);
		retryOn = List.copyOf(retryOn);
		noRetryOn = List.copyOf(noRetryOn);
	}

	/**
	 * Returns whether another attempt could succeed.
	 * @param failure the exception of the method
	 * @return whether the job is run again, unless it had its maximum number of attempts
	 */
	public boolean isRetryable(Throwable failure) {
		int retry = distance(this.retryOn, failure);
		int noRetry = distance(this.noRetryOn, failure);
		if (noRetry == NONE) {
			return this.retryOn.isEmpty() || retry != NONE;
		}
		return retry < noRetry;
	}

	private static int distance(List<Class<? extends Throwable>> classes, Throwable failure) {
		int distance = 0;
		for (Class<?> type = failure.getClass(); type != Object.class; type = type.getSuperclass()) {
			if (classes.contains(type)) {
				return distance;
			}
			distance++;
		}
		return NONE;
	}

}
