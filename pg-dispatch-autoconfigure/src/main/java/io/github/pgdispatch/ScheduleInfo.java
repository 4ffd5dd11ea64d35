package io.github.pgdispatch;

import java.time.Duration;
import java.time.Instant;

import io.github.pgdispatch.gateway.ScheduleRow;
import org.jspecify.annotations.Nullable;

/**
 * A schedule at the time at which it was read. The times are those of the clock of the
 * database.
 *
 * @param name the name of the schedule
 * @param state the state of the schedule
 * @param every the time from one due time to the next; {@code null} if the schedule has a
 * cron expression
 * @param cron the cron expression; {@code null} if the schedule has an interval
 * @param zone the time zone of the cron expression; {@code null} if the schedule has an
 * interval
 * @param nextAt the next due time; {@code null} if the schedule is paused or has ended,
 * or if a node has yet to compute it
 * @param lastAt the due time of the last job; {@code null} if there was none
 * @param lastJob the id of the last job; {@code null} if there was none
 * @param running whether that job waits or runs
 * @param runs the number of jobs so far
 * @param skipped the number of due times so far that got no job
 * @param skipReason why the last of these got none; {@code null} if all got one
 * @param missed what happens to missed due times
 * @param overlapping whether jobs of several due times may run at once
 * @param handler the name of the handler; {@code null} if the jobs run SQL
 * @param command the SQL; {@code null} if the jobs call a handler
 * @param declared whether a deployment has declared the schedule
 * @param message the error with which the job of the last due time was refused;
 * {@code null} if it was not refused
 */
public record ScheduleInfo(String name, State state, @Nullable Duration every, @Nullable String cron,
		@Nullable String zone, @Nullable Instant nextAt, @Nullable Instant lastAt, @Nullable Long lastJob,
		boolean running, long runs, long skipped, @Nullable SkipReason skipReason, Schedule.Missed missed,
		boolean overlapping, @Nullable String handler, @Nullable String command, boolean declared,
		@Nullable String message) {

	static ScheduleInfo of(ScheduleRow row) {
		String skipReason = row.skipReason();
		return new ScheduleInfo(row.name(), State.valueOf(row.state()), row.every(), row.cron(), row.zone(),
				row.nextAt(), row.lastAt(), row.lastJob(), row.running(), row.runs(), row.skipped(),
				(skipReason != null) ? SkipReason.valueOf(skipReason) : null, Schedule.Missed.valueOf(row.missed()),
				row.overlap(), row.handler(), row.command(), row.declared(), row.message());
	}

	/**
	 * The state of a schedule.
	 */
	public enum State {

		/**
		 * Its next due time will get a job.
		 */
		ACTIVE,

		/**
		 * It was paused.
		 */
		PAUSED,

		/**
		 * Its next due time has passed for more than a minute, so that no worker or node
		 * seems to be there.
		 */
		OVERDUE,

		/**
		 * Its cron expression has no further due time.
		 */
		ENDED

	}

	/**
	 * Why a due time got no job.
	 */
	public enum SkipReason {

		/**
		 * No worker was there in time.
		 */
		MISSED,

		/**
		 * The job of an earlier due time still waited or ran.
		 */
		RUNNING,

		/**
		 * The database has refused the job, for example because its queue is not there.
		 */
		REFUSED

	}

}
