package io.github.pgdispatch;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The limits of a queue, which apply to all nodes and the database together.
 *
 * @param concurrency the maximum number of jobs that run at once; {@code null} for no
 * limit. With 1, the jobs of the queue run one after the other
 * @param rate the maximum number of jobs that begin in each period, evenly spaced;
 * {@code null} for no limit
 * @param per the period of the rate, or of the rate of each fair key; positive, truncated
 * to whole microseconds
 * @param perKey the maximum number of jobs of the same fair key that run at once, where
 * the fair keys take turns; at most the concurrency, which it needs, and without a rate.
 * {@code null} if they do not take turns
 * @param ratePerKey the maximum number of jobs of the same fair key that begin in each
 * period, evenly spaced; it needs {@code perKey}. {@code null} for no limit
 * @param breaker the circuit breaker, which needs a concurrency; {@code null} for none
 */
public record QueueLimits(@Nullable Integer concurrency, @Nullable Integer rate, Duration per, @Nullable Integer perKey,
		@Nullable Integer ratePerKey, @Nullable CircuitBreaker breaker) {

	private static final QueueLimits NONE = new QueueLimits(null, null, Duration.ofSeconds(1), null, null, null);

	public QueueLimits {
		Assert.isTrue(concurrency == null || concurrency > 0,
				() -> "The concurrency must be positive, but is " + concurrency);
		Assert.isTrue(rate == null || rate > 0, () -> "The rate must be positive, but is " + rate);
		Assert.isTrue(per.compareTo(Duration.ofNanos(1_000)) >= 0, () -> "The period must be positive, but is " + per);
		ArgumentChecks.bounded("The period", per);
		Assert.isTrue(perKey == null || perKey > 0,
				() -> "The number of jobs of a fair key must be positive, but is " + perKey);
		Assert.isTrue(perKey == null || concurrency != null && perKey <= concurrency,
				() -> "The number of jobs of a fair key must be at most the concurrency, but is " + perKey
						+ " with a concurrency of " + concurrency);
		Assert.isTrue(perKey == null || rate == null, "A queue whose fair keys take turns cannot have a rate");
		Assert.isTrue(ratePerKey == null || ratePerKey > 0,
				() -> "The rate of a fair key must be positive, but is " + ratePerKey);
		Assert.isTrue(ratePerKey == null || perKey != null,
				"A rate of fair keys needs a number of jobs of a fair key, which may be as high as the concurrency");
		Assert.isTrue(breaker == null || concurrency != null,
				"A circuit breaker needs a concurrency. Jobs that have begun or were claimed ahead spend their attempts although it has tripped");
	}

	/**
	 * Returns the limits of a queue that has none. Such a queue can be paused.
	 * @return no limits
	 */
	public static QueueLimits none() {
		return NONE;
	}

	/**
	 * Sets the maximum number of jobs that run at once.
	 * @param concurrency the maximum number, which is positive
	 * @return new limits with this concurrency
	 */
	public QueueLimits concurrency(int concurrency) {
		return new QueueLimits(concurrency, this.rate, this.per, this.perKey, this.ratePerKey, this.breaker);
	}

	/**
	 * Sets the maximum number of jobs that begin in each period.
	 * @param rate the maximum number, which is positive
	 * @param per the period, which is positive
	 * @return new limits with this rate
	 */
	public QueueLimits rate(int rate, Duration per) {
		return new QueueLimits(this.concurrency, rate, per, this.perKey, this.ratePerKey, this.breaker);
	}

	/**
	 * Lets the fair keys take turns, and sets the maximum number of jobs of the same fair
	 * key that run at once. The limits have to have a concurrency already, and no rate.
	 * @param perKey the maximum number, which is positive and at most the concurrency
	 * @return new limits with this number
	 */
	public QueueLimits perKey(int perKey) {
		return new QueueLimits(this.concurrency, this.rate, this.per, perKey, this.ratePerKey, this.breaker);
	}

	/**
	 * Sets the maximum number of jobs of the same fair key that begin in each period.
	 * Each begins at least the period divided by this number after the one before. The
	 * limits have to have a number of jobs {@link #perKey(int) per key} already.
	 * @param ratePerKey the maximum number, which is positive
	 * @param per the period, which is positive
	 * @return new limits with this rate
	 */
	public QueueLimits ratePerKey(int ratePerKey, Duration per) {
		return new QueueLimits(this.concurrency, this.rate, per, this.perKey, ratePerKey, this.breaker);
	}

	/**
	 * Sets the circuit breaker. The limits have to have a concurrency already, because
	 * jobs that have begun when the breaker trips still spend their attempts.
	 * @param breakAfter the number of failed attempts in a row after which the breaker
	 * trips, which is positive
	 * @param breakFor the time after which it lets a probe begin, which is positive
	 * @return new limits with this circuit breaker
	 */
	public QueueLimits breaker(int breakAfter, Duration breakFor) {
		return new QueueLimits(this.concurrency, this.rate, this.per, this.perKey, this.ratePerKey,
				new CircuitBreaker(breakAfter, breakFor));
	}

}
