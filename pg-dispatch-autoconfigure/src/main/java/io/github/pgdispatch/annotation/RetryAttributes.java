package io.github.pgdispatch.annotation;

import java.time.Duration;
import java.util.List;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.BackOff;
import io.github.pgdispatch.DispatchDefaults;
import io.github.pgdispatch.handler.RetryPolicy;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * What an annotation asks of the attempts of a job: of SQL, when it is dispatched; of a
 * method with a body, when it is run.
 *
 * @param maxAttempts how many, or 0 for the application's number
 * @param backOff of the annotation, or {@code null} for the application's
 * @param retryOn exceptions after which to retry
 * @param noRetryOn exceptions after which not to
 */
record RetryAttributes(int maxAttempts, @Nullable BackOff backOff, List<Class<? extends Throwable>> retryOn,
		List<Class<? extends Throwable>> noRetryOn) {

	/**
	 * Reads an annotation.
	 * @param annotation of the method
	 * @param reader of its texts
	 * @return what it asks for
	 */
	static RetryAttributes of(AfterCommitDispatch annotation, AttributeReader reader) {
		Assert.isTrue(annotation.maxAttempts() >= 0,
				() -> "The maximum number of attempts must be positive, but is " + annotation.maxAttempts());
		Duration delay = reader.constantDuration("back-off", annotation.backOff());
		Double multiplier = reader.constantNumber("back-off multiplier", annotation.backOffMultiplier());
		Duration max = reader.constantDuration("maximum back-off", annotation.maxBackOff());
		boolean leftOut = delay == null && multiplier == null && max == null;
		return new RetryAttributes(annotation.maxAttempts(), leftOut ? null : backOff(delay, multiplier, max),
				List.of(annotation.retryOn()), List.of(annotation.noRetryOn()));
	}

	private static BackOff backOff(@Nullable Duration delay, @Nullable Double multiplier, @Nullable Duration max) {
		BackOff others = BackOff.DEFAULT;
		return new BackOff((delay != null) ? delay : others.delay(),
				(multiplier != null) ? multiplier : others.multiplier(), (max != null) ? max : others.max());
	}

	/**
	 * The policy of a method with a body.
	 * @param defaults for what the annotation leaves out
	 * @return the policy
	 */
	RetryPolicy policy(DispatchDefaults defaults) {
		return new RetryPolicy((this.maxAttempts != 0) ? this.maxAttempts : defaults.maxAttempts(),
				(this.backOff != null) ? this.backOff : defaults.backOff(), this.retryOn, this.noRetryOn);
	}

}
