package io.github.pgdispatch.driver;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.scheduling.support.CronExpression;

/**
 * The due times of a cron expression that have passed, and the one that follows.
 *
 * @param passed those that may get a job: if all missed ones have their jobs, the first
 * ones, otherwise the last one
 * @param count the number of all due times for which these stand; at least that of
 * {@code passed}, and a lower bound after a very long time
 * @param next the due time that follows, which may have passed, too; {@code null} if
 * there is none
 */
record DueTimes(List<Instant> passed, long count, @Nullable Instant next) {

	/**
	 * Maximum number of jobs that one transaction dispatches.
	 */
	private static final int MAX_JOBS = 100;

	/**
	 * Maximum number of due times that are counted one by one. To count those of each
	 * second of a month would take a while.
	 */
	private static final int MAX_COUNTED = 10_000;

	private static final Duration LATELY = Duration.ofMinutes(1);

	/**
	 * Computes due times.
	 * @param cron the expression
	 * @param zone its time zone
	 * @param first the first due time that has got no job yet; {@code null} if the first
	 * one is to be found after the present moment
	 * @param moment the present moment
	 * @param all whether all missed due times have their jobs
	 * @return the due times
	 */
	static DueTimes of(CronExpression cron, ZoneId zone, @Nullable Instant first, Instant moment, boolean all) {
		if (first == null) {
			return new DueTimes(List.of(), 0, after(cron, zone, moment));
		}
		List<Instant> passed = new ArrayList<>();
		Instant due = first;
		int count = 0;
		while (due != null && !due.isAfter(moment) && count < (all ? MAX_JOBS : MAX_COUNTED)) {
			if (!all) {
				passed.clear();
			}
			passed.add(due);
			count++;
			due = after(cron, zone, due);
		}
		return (all || due == null || due.isAfter(moment)) ? new DueTimes(passed, count, due)
				: of(cron, zone, passed.get(0), moment, count);
	}

	/**
	 * Leaves out what passed long ago.
	 */
	private static DueTimes of(CronExpression cron, ZoneId zone, Instant last, Instant moment, int counted) {
		Instant lastPassed = last;
		int count = counted;
		Instant due = after(cron, zone, moment.minus(LATELY));
		while (due != null && !due.isAfter(moment)) {
			lastPassed = due;
			count++;
			due = after(cron, zone, due);
		}
		return new DueTimes(List.of(lastPassed), count, due);
	}

	private static @Nullable Instant after(CronExpression cron, ZoneId zone, Instant moment) {
		ZonedDateTime next = cron.next(moment.atZone(zone));
		return (next != null) ? next.toInstant() : null;
	}

}
