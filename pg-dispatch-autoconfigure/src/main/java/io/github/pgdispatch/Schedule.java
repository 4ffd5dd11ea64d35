package io.github.pgdispatch;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import org.springframework.scheduling.support.CronExpression;
import org.springframework.util.Assert;

/**
 * The due times of jobs that come again. Immutable and thread-safe.
 *
 * <pre class="code">
 * template.schedule("refresh totals", Schedule.every(Duration.ofMinutes(10)), Dispatch.sql("SELECT refresh_totals()"));
 * template.schedule("report", Schedule.cron("0 0 6 * * MON-FRI", ZoneId.of("Europe/Berlin")).missed(Missed.ONCE),
 *         Dispatch.handler("reports.write", "{}"));
 * </pre>
 *
 * @see PgDispatchTemplate#schedule(String, Schedule, Dispatch)
 * @see DispatchSchedule
 */
public final class Schedule {

	private final @Nullable Duration every;

	private final @Nullable String cron;

	private final @Nullable ZoneId zone;

	private final @Nullable Instant startsAt;

	private final Missed missed;

	private final boolean overlapping;

	private Schedule(@Nullable Duration every, @Nullable String cron, @Nullable ZoneId zone, @Nullable Instant startsAt,
			Missed missed, boolean overlapping) {
		this.every = every;
		this.cron = cron;
		this.zone = zone;
		this.startsAt = startsAt;
		this.missed = missed;
		this.overlapping = overlapping;
	}

	/**
	 * Creates a schedule with a fixed interval. The first due time is one interval after
	 * the start of the transaction that makes the schedule.
	 * @param interval the time from one due time to the next; 1 second to 3,652 days,
	 * truncated to whole microseconds. A day has 24 hours
	 * @return a new schedule that leaves out missed due times, and whose jobs do not
	 * overlap
	 */
	public static Schedule every(Duration interval) {
		Assert.notNull(interval, "The interval must not be null");
		Assert.isTrue(interval.compareTo(Duration.ofSeconds(1)) >= 0,
				() -> "The interval must be at least one second, but is " + interval);
		return new Schedule(ArgumentChecks.bounded("The interval", interval), null, null, null, Missed.SKIP, false);
	}

	/**
	 * Creates a schedule with a cron expression of Spring. A node computes each due time
	 * from the one before, by the rules of {@link CronExpression}.
	 * @param expression the expression with six fields, such as
	 * {@code 0 0 6 * * MON-FRI}, or a macro, such as {@code @daily}
	 * @param zone the time zone of the expression
	 * @return a new schedule that leaves out missed due times, and whose jobs do not
	 * overlap
	 * @throws IllegalArgumentException if the expression cannot be understood, or never
	 * comes
	 */
	public static Schedule cron(String expression, ZoneId zone) {
		Assert.notNull(zone, "The time zone must not be null");
		String text = ArgumentChecks.text("The cron expression", expression).strip();
		Assert.isTrue(CronExpression.parse(text).next(ZonedDateTime.now(zone)) != null,
				() -> "The cron expression '" + text + "' never comes");
		return new Schedule(null, text, zone, null, Missed.SKIP, false);
	}

	/**
	 * Sets the first due time of a schedule with an interval. It may be in the past, and
	 * the due times are counted from it.
	 * @param startsAt the first due time; at most 3,652 days from now
	 * @return a new schedule that starts at this time
	 */
	public Schedule startingAt(Instant startsAt) {
		Assert.notNull(startsAt, "The first due time must not be null");
		Assert.isTrue(this.every != null, "A cron expression says itself when its first due time is");
		return new Schedule(this.every, this.cron, this.zone, startsAt, this.missed, this.overlapping);
	}

	/**
	 * Sets what happens to due times that are missed.
	 * @param missed the choice
	 * @return a new schedule with this choice
	 */
	public Schedule missed(Missed missed) {
		Assert.notNull(missed, "The choice must not be null");
		return new Schedule(this.every, this.cron, this.zone, this.startsAt, missed, this.overlapping);
	}

	/**
	 * Lets jobs of several due times run at once. Otherwise a due time is left out while
	 * the job of an earlier one waits or runs or, with {@link Missed#ALL}, its job waits
	 * for the earlier ones.
	 * @return a new schedule whose jobs may overlap
	 */
	public Schedule overlapping() {
		return new Schedule(this.every, this.cron, this.zone, this.startsAt, this.missed, true);
	}

	@Nullable Duration interval() {
		return this.every;
	}

	@Nullable String cron() {
		return this.cron;
	}

	@Nullable ZoneId zone() {
		return this.zone;
	}

	@Nullable Instant startsAt() {
		return this.startsAt;
	}

	Missed missed() {
		return this.missed;
	}

	boolean overlaps() {
		return this.overlapping;
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof Schedule schedule && Objects.equals(this.every, schedule.every)
				&& Objects.equals(this.cron, schedule.cron) && Objects.equals(this.zone, schedule.zone)
				&& Objects.equals(this.startsAt, schedule.startsAt) && this.missed == schedule.missed
				&& this.overlapping == schedule.overlapping;
	}

	@Override
	public int hashCode() {
		return Objects.hash(this.every, this.cron, this.zone, this.startsAt, this.missed, this.overlapping);
	}

	@Override
	public String toString() {
		return (this.every != null) ? "every " + this.every : "cron " + this.cron + " in " + this.zone;
	}

	/**
	 * What happens to due times that are missed. A due time is missed if no worker was
	 * there within a minute, or before the following due time had come.
	 */
	public enum Missed {

		/**
		 * They are left out.
		 */
		SKIP,

		/**
		 * One job makes up for all of them.
		 */
		ONCE,

		/**
		 * Each of them has its job, in their order.
		 */
		ALL

	}

}
