package io.github.pgdispatch.annotation;

import java.time.Duration;
import java.util.List;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.BackOff;
import io.github.pgdispatch.CircuitBreaker;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.DispatchDefaults;
import io.github.pgdispatch.handler.RetryPolicy;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The options of an annotation for the attempts of a job. They are applied to SQL when it
 * is dispatched, and to the body of a method when it is run.
 *
 * @param maxAttempts the maximum number of attempts, or 0 for the default
 * @param backOff the back-off, or {@code null} for the default
 * @param retryOn the exceptions after which a job is run again
 * @param noRetryOn the exceptions after which a job is not run again
 */
record RetryAttributes(int maxAttempts, @Nullable BackOff backOff, List<Class<? extends Throwable>> retryOn,
		List<Class<? extends Throwable>> noRetryOn) {

	private static final Duration BREAK_FOR = Duration.ofMinutes(1);

	/**
	 * Reads an annotation.
	 * @param annotation the annotation
	 * @param reader the reader of its texts
	 * @return the options of the annotation
	 */
	static RetryAttributes of(AfterCommitDispatch annotation, AttributeReader reader) {
		Assert.isTrue(annotation.maxAttempts() >= 0,
				() -> "The maximum number of attempts must be positive, but is " + annotation.maxAttempts());
		Duration delay = reader.constantDuration("back-off", annotation.backOff());
		Double multiplier = reader.constantNumber("back-off multiplier", annotation.backOffMultiplier());
		Duration max = reader.constantDuration("maximum back-off", annotation.maxBackOff());
		boolean unset = delay == null && multiplier == null && max == null;
		return new RetryAttributes(annotation.maxAttempts(), unset ? null : backOff(delay, multiplier, max),
				List.of(annotation.retryOn()), List.of(annotation.noRetryOn()));
	}

	private static BackOff backOff(@Nullable Duration delay, @Nullable Double multiplier, @Nullable Duration max) {
		BackOff defaults = BackOff.DEFAULT;
		return new BackOff((delay != null) ? delay : defaults.delay(),
				(multiplier != null) ? multiplier : defaults.multiplier(), (max != null) ? max : defaults.max());
	}

	/**
	 * Reads the circuit breaker of a method whose body jobs run.
	 * @param annotation the annotation
	 * @param reader the reader of its texts
	 * @return the breaker, or {@code null} for none
	 */
	static @Nullable CircuitBreaker breaker(AfterCommitDispatch annotation, AttributeReader reader) {
		Duration breakFor = reader.constantDuration("time of a break", annotation.breakFor());
		if (annotation.breakAfter() == 0) {
			Assert.isTrue(breakFor == null, "The attribute breakFor does not apply without breakAfter. Set both");
			return null;
		}
		return new CircuitBreaker(annotation.breakAfter(), (breakFor != null) ? breakFor : BREAK_FOR);
	}

	/**
	 * Applies the options to a dispatch of SQL.
	 * @param dispatch the description of the job
	 * @return a description with the options that the annotation sets
	 */
	Dispatch apply(Dispatch dispatch) {
		Dispatch limited = (this.maxAttempts != 0) ? dispatch.maxAttempts(this.maxAttempts) : dispatch;
		return (this.backOff != null) ? limited.backOff(this.backOff) : limited;
	}

	/**
	 * Returns the policy of a method whose body jobs run.
	 * @param defaults the defaults for the options that the annotation leaves out
	 * @return the policy of the method
	 */
	RetryPolicy policy(DispatchDefaults defaults) {
		return new RetryPolicy((this.maxAttempts != 0) ? this.maxAttempts : defaults.maxAttempts(),
				(this.backOff != null) ? this.backOff : defaults.backOff(), this.retryOn, this.noRetryOn);
	}

}
