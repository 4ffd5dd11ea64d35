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
 * @param per the period of the rate; positive, truncated to whole microseconds
 */
public record QueueLimits(@Nullable Integer concurrency, @Nullable Integer rate, Duration per) {

	private static final QueueLimits NONE = new QueueLimits(null, null, Duration.ofSeconds(1));

	public QueueLimits {
		Assert.isTrue(concurrency == null || concurrency > 0,
				() -> "The concurrency must be positive, but is " + concurrency);
		Assert.isTrue(rate == null || rate > 0, () -> "The rate must be positive, but is " + rate);
		Assert.isTrue(per.compareTo(Duration.ofNanos(1_000)) >= 0, () -> "The period must be positive, but is " + per);
		ArgumentChecks.bounded("The period", per);
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
		return new QueueLimits(concurrency, this.rate, this.per);
	}

	/**
	 * Sets the maximum number of jobs that begin in each period.
	 * @param rate the maximum number, which is positive
	 * @param per the period, which is positive
	 * @return new limits with this rate
	 */
	public QueueLimits rate(int rate, Duration per) {
		return new QueueLimits(this.concurrency, rate, per);
	}

}
