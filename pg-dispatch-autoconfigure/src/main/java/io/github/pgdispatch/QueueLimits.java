package io.github.pgdispatch;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * How many jobs of a queue are run, on all nodes and in the database together.
 *
 * @param concurrency how many at once, at the most; {@code null} for any number. One for
 * jobs that exclude each other
 * @param rate how many are begun in each period, evenly spaced; {@code null} for any
 * number
 * @param per the period of the rate; positive, in whole microseconds
 */
public record QueueLimits(@Nullable Integer concurrency, @Nullable Integer rate, Duration per) {

	private static final QueueLimits NONE = new QueueLimits(null, null, Duration.ofSeconds(1));

	public QueueLimits {
		Assert.isTrue(concurrency == null || concurrency > 0,
				() -> "The concurrency must be positive, but is " + concurrency);
		Assert.isTrue(rate == null || rate > 0, () -> "The rate must be positive, but is " + rate);
		Assert.isTrue(per.compareTo(Duration.ofNanos(1_000)) >= 0, () -> "The period must be positive, but is " + per);
	}

	/**
	 * No limits: those of a queue that is only to be paused now and then.
	 * @return limits to add to
	 */
	public static QueueLimits none() {
		return NONE;
	}

	/**
	 * Limits how many jobs run at once.
	 * @param concurrency the number, which is positive
	 * @return other limits
	 */
	public QueueLimits concurrency(int concurrency) {
		return new QueueLimits(concurrency, this.rate, this.per);
	}

	/**
	 * Limits how many jobs are begun in each period.
	 * @param rate the number, which is positive
	 * @param per the period, which is positive
	 * @return other limits
	 */
	public QueueLimits rate(int rate, Duration per) {
		return new QueueLimits(this.concurrency, rate, per);
	}

}
