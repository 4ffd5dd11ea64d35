package io.github.pgdispatch;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;

import io.github.pgdispatch.gateway.StatusRow;
import org.jspecify.annotations.Nullable;

/**
 * What waits, runs and has failed, in numbers, at the time at which it was read.
 * Immutable.
 *
 * <p>
 * The numbers are those of the role with which the application logs in. They are exact up
 * to 2,000 jobs that are due, snoozed and held, of each handler and of all SQL together,
 * and up to 2,000 dead letters, of which the latest are counted.
 *
 * @param jobs the jobs that wait or run
 * @param deadLetters the jobs that failed for good
 * @param queues the queues
 * @param paused whether everything is paused
 * @param pausedHandlers the handlers that are paused by themselves
 * @param breakers the circuit breakers that have tripped
 * @param applicationConnected whether an application that runs SQL jobs is connected;
 * where the database has no pg_cron, {@code false} also while all of them are busy
 * @param nodes the number of nodes that have claims on jobs of handlers
 * @param cronWorkers the number of workers of pg_cron
 * @param batches the number of batches that have not ended, up to 2,001
 * @param schedules the schedules
 * @param tables the tables of the schema that have dead rows
 * @param snapshot what keeps dead rows from being removed for the longest time;
 * {@code null} if nothing does
 */
public record PgDispatchStatus(List<Jobs> jobs, List<DeadLetters> deadLetters, List<Queue> queues, boolean paused,
		List<String> pausedHandlers, List<Breaker> breakers, boolean applicationConnected, int nodes, int cronWorkers,
		int batches, List<Schedule> schedules, List<Table> tables, @Nullable Snapshot snapshot) {

	public PgDispatchStatus {
		jobs = List.copyOf(jobs);
		deadLetters = List.copyOf(deadLetters);
		queues = List.copyOf(queues);
		pausedHandlers = List.copyOf(pausedHandlers);
		breakers = List.copyOf(breakers);
		schedules = List.copyOf(schedules);
		tables = List.copyOf(tables);
	}

	static PgDispatchStatus of(List<StatusRow> rows) {
		List<Jobs> jobs = Stream.of(JobKind.values())
			.flatMap((kind) -> list(rows, kind.sqlName(), (row) -> Jobs.of(kind, row)).stream())
			.toList();
		return new PgDispatchStatus(jobs, list(rows, "dead_letter", DeadLetters::of), list(rows, "queue", Queue::of),
				of(rows, "pause").anyMatch((row) -> row.name() == null),
				of(rows, "pause").map(StatusRow::name).filter(Objects::nonNull).toList(),
				list(rows, "breaker", Breaker::of), count(rows, "application") > 0, count(rows, "node"),
				count(rows, "cron_worker"), count(rows, "batch"), list(rows, "schedule", Schedule::of),
				list(rows, "table", Table::of), of(rows, "snapshot").map(Snapshot::of).findFirst().orElse(null));
	}

	private static Stream<StatusRow> of(List<StatusRow> rows, String kind) {
		return rows.stream().filter((row) -> row.kind().equals(kind));
	}

	private static <T> List<T> list(List<StatusRow> rows, String kind, Function<StatusRow, T> mapping) {
		return of(rows, kind).map(mapping).toList();
	}

	private static int count(List<StatusRow> rows, String kind) {
		return (int) of(rows, kind).mapToLong(StatusRow::count).sum();
	}

	/**
	 * Jobs of the same kind, name, queue and state.
	 *
	 * @param kind whether they run SQL or call a handler
	 * @param name the name of the handler, or the label of the SQL; {@code null} for SQL
	 * without a label
	 * @param queue the name of their queue; {@code null} if they have none
	 * @param state their state
	 * @param count their number
	 * @param exact whether there are not more
	 * @param oldest the time for which the oldest of them has been due or, if SQL is
	 * running, has been running; {@code null} if none is due, or it is unknown
	 */
	public record Jobs(JobKind kind, @Nullable String name, @Nullable String queue, JobState state, long count,
			boolean exact, @Nullable Duration oldest) {

		private static Jobs of(JobKind kind, StatusRow row) {
			String state = Objects.requireNonNull(row.state()).toUpperCase(Locale.ROOT);
			return new Jobs(kind, row.name(), row.queue(), JobState.valueOf(state), row.count(), row.exact(),
					row.oldest());
		}

	}

	/**
	 * Dead letters of the same name and queue.
	 *
	 * @param name the name of the handler, or the label of the SQL; {@code null} for SQL
	 * without a label
	 * @param queue the name of their queue; {@code null} if they have none
	 * @param count their number
	 * @param exact whether there are not more
	 * @param oldest the time since the oldest of them failed
	 */
	public record DeadLetters(@Nullable String name, @Nullable String queue, long count, boolean exact,
			@Nullable Duration oldest) {

		private static DeadLetters of(StatusRow row) {
			return new DeadLetters(row.name(), row.queue(), row.count(), row.exact(), row.oldest());
		}

	}

	/**
	 * A queue.
	 *
	 * @param name the name of the queue
	 * @param paused whether it is paused
	 * @param running the number of its jobs that run or may run
	 * @param concurrency the maximum number of jobs that run at once; {@code null} for no
	 * limit
	 */
	public record Queue(String name, boolean paused, long running, @Nullable Long concurrency) {

		private static Queue of(StatusRow row) {
			return new Queue(Objects.requireNonNull(row.name()), "paused".equals(row.state()), row.count(),
					row.maxCount());
		}

	}

	/**
	 * A schedule.
	 *
	 * @param name the name of the schedule
	 * @param state its state
	 * @param skipped the number of due times so far that got no job
	 * @param late the time for which its next due time has passed; {@code null} if it has
	 * not passed
	 */
	public record Schedule(String name, ScheduleInfo.State state, long skipped, @Nullable Duration late) {

		private static Schedule of(StatusRow row) {
			return new Schedule(Objects.requireNonNull(row.name()),
					ScheduleInfo.State.valueOf(Objects.requireNonNull(row.state()).toUpperCase(Locale.ROOT)),
					row.count(), row.oldest());
		}

	}

	/**
	 * A circuit breaker that has tripped. Exactly one of {@code handler} and
	 * {@code queue} is not {@code null}.
	 *
	 * @param handler the name of the handler; {@code null} if a queue has the breaker
	 * @param queue the name of the queue; {@code null} if a handler has the breaker
	 * @param failures the number of failed attempts in a row, those of probes included
	 * @param age the time since it tripped
	 */
	public record Breaker(@Nullable String handler, @Nullable String queue, long failures, @Nullable Duration age) {

		private static Breaker of(StatusRow row) {
			return new Breaker(row.name(), row.queue(), row.count(), row.oldest());
		}

	}

	/**
	 * A table of the schema.
	 *
	 * @param name the name of the table
	 * @param deadRows the estimated number of its dead rows, which a vacuum removes
	 * @param lastVacuum the time since its last vacuum; {@code null} if there was none
	 */
	public record Table(String name, long deadRows, @Nullable Duration lastVacuum) {

		private static Table of(StatusRow row) {
			return new Table(Objects.requireNonNull(row.name()), row.count(), row.oldest());
		}

	}

	/**
	 * A transaction or a replication slot that keeps dead rows from being removed.
	 *
	 * @param holder what it is, such as {@code session 4711}
	 * @param transactions the number of transactions that have begun since
	 * @param age the time since it began; {@code null} if it is unknown
	 */
	public record Snapshot(String holder, long transactions, @Nullable Duration age) {

		private static Snapshot of(StatusRow row) {
			return new Snapshot(Objects.requireNonNull(row.name()), row.count(), row.oldest());
		}

	}

}
