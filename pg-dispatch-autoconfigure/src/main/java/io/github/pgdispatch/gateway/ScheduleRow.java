package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

import org.jspecify.annotations.Nullable;

/**
 * A row of {@code pgdispatch.schedules()}, which documents the columns.
 *
 * @param name of the schedule
 * @param state in upper case
 * @param every the interval; {@code null} if it has a cron expression
 * @param cron the cron expression; {@code null} if it has an interval
 * @param zone the time zone of the cron expression
 * @param nextAt the next due time; {@code null} if there is none, or it is unknown
 * @param lastAt the due time of the last job; {@code null} if there was none
 * @param lastJob the id of the last job; {@code null} if there was none
 * @param running whether that job waits or runs
 * @param runs number of jobs
 * @param skipped number of due times without a job
 * @param skipReason in upper case; {@code null} if all had one
 * @param missed in upper case
 * @param overlap whether jobs may overlap
 * @param handler of the jobs; {@code null} if they run a command
 * @param command of the jobs; {@code null} if they call a handler
 * @param declared whether a deployment has declared it
 * @param message of the error of the last due time; {@code null} if there was none
 */
public record ScheduleRow(String name, String state, @Nullable Duration every, @Nullable String cron,
		@Nullable String zone, @Nullable Instant nextAt, @Nullable Instant lastAt, @Nullable Long lastJob,
		boolean running, long runs, long skipped, @Nullable String skipReason, String missed, boolean overlap,
		@Nullable String handler, @Nullable String command, boolean declared, @Nullable String message) {

	static ScheduleRow of(ResultSet row, int number) throws SQLException {
		Long micros = row.getObject("every_micros", Long.class);
		return new ScheduleRow(row.getString("name"), row.getString("state"),
				(micros != null) ? Duration.of(micros, ChronoUnit.MICROS) : null, row.getString("cron"),
				row.getString("zone"), Instants.readIfPresent(row, "next_at"), Instants.readIfPresent(row, "last_at"),
				row.getObject("last_job", Long.class), row.getBoolean("running"), row.getLong("runs"),
				row.getLong("skipped"), row.getString("skip_reason"), row.getString("missed"),
				row.getBoolean("overlap"), row.getString("handler"), row.getString("command"),
				row.getBoolean("declared"), row.getString("message"));
	}

}
