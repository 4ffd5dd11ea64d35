package io.github.pgdispatch;

import java.time.Instant;

import io.github.pgdispatch.gateway.JobRow;
import org.jspecify.annotations.Nullable;

/**
 * A job as it was when it was looked for. All times are by the database's clock. Of a job
 * that is done or was cancelled, no more is known than its state and its end.
 *
 * @param id identifies the job
 * @param state how far it is
 * @param command the SQL, with its parameters as literals; {@code null} if it calls a
 * handler
 * @param handler the name of the handler that it calls; {@code null} if it has a command
 * @param arguments of the call, as a JSON object; {@code null} if it has a command
 * @param dispatchedAt when the transaction began that dispatched it
 * @param dueAt before which it is not run; after a failed attempt, the time of the next
 * @param attempts how many times it was begun
 * @param finishedAt when it ended; {@code null} if it has not
 */
public record JobInfo(long id, JobState state, @Nullable String command, @Nullable String handler,
		@Nullable String arguments, @Nullable Instant dispatchedAt, @Nullable Instant dueAt, @Nullable Integer attempts,
		@Nullable Instant finishedAt) {

	static JobInfo of(JobRow job) {
		return new JobInfo(job.id(), JobState.valueOf(job.state()), job.command(), job.handler(), job.arguments(),
				job.dispatchedAt(), job.dueAt(), job.attempts(), job.finishedAt());
	}

}
