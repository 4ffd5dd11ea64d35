package io.github.pgdispatch.handler;

import java.util.List;

import io.github.pgdispatch.BackOff;

import org.springframework.util.Assert;

/**
 * Whether and when jobs of a handler are run again that have failed. What a job itself
 * asks for goes before that.
 *
 * @param maxAttempts how many times a job is run at the most; positive
 * @param backOff between two attempts
 * @param retryOn after which exceptions, and those that extend them; empty for all
 * @param noRetryOn after which not; of two that an exception is of, the one that is
 * closer to its class counts
 */
public record RetryPolicy(int maxAttempts, BackOff backOff, List<Class<? extends Throwable>> retryOn,
		List<Class<? extends Throwable>> noRetryOn) {

	/**
	 * One attempt.
	 */
	public static final RetryPolicy NEVER = new RetryPolicy(1, BackOff.DEFAULT, List.of(), List.of());

	public RetryPolicy {
		Assert.isTrue(maxAttempts > 0, () -> "The number of attempts must be positive, but is " + maxAttempts);
		retryOn = List.copyOf(retryOn);
		noRetryOn = List.copyOf(noRetryOn);
	}

	/**
	 * Whether another attempt could succeed.
	 * @param failure of the method
	 * @return whether the job is to be run again, if it has attempts left
	 */
	public boolean isRetryable(Throwable failure) {
		int retry = distance(this.retryOn, failure);
		int noRetry = distance(this.noRetryOn, failure);
		if (noRetry == NONE) {
			return this.retryOn.isEmpty() || retry != NONE;
		}
		return retry < noRetry;
	}

	private static final int NONE = Integer.MAX_VALUE;

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
