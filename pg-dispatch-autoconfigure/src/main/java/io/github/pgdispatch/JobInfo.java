package io.github.pgdispatch;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import io.github.pgdispatch.gateway.JobRow;
import org.jspecify.annotations.Nullable;

/**
 * The state of a job at the time at which it was read. The times are those of the clock
 * of the database. If a job is done or was cancelled, its command, its arguments and its
 * headers are not known any more. If the history does not have it, only the id, the state
 * and the time of the end are known.
 *
 * @param id the id of the job
 * @param state the state of the job
 * @param command the SQL, with its parameters as literals; {@code null} if the job calls
 * a handler
 * @param handler the name of the handler; {@code null} if the job has a command
 * @param arguments the arguments of the call, as a JSON object; {@code null} if the job
 * has a command
 * @param dispatchedAt the time at which the transaction that dispatched the job began
 * @param dueAt the time before which the job is not run. After a failed attempt, this is
 * the time of the next attempt; {@code null} if the job waits for the end of a batch
 * @param attempts the number of attempts that have begun
 * @param finishedAt the time at which the job ended; {@code null} if it has not ended
 * @param label the label of the SQL; {@code null} if it has none or the job calls a
 * handler
 * @param queue the name of the queue; {@code null} if the job has none
 * @param sqlState the SQLSTATE of the error of the last attempt; {@code null} if it has
 * none, or if no attempt has failed
 * @param message the message of the error of the last attempt, of which up to 1,000
 * characters are kept while the job is retried; {@code null} if no attempt has failed
 * @param headers the headers of the job, such as those of a trace; immutable
 */
public record JobInfo(long id, JobState state, @Nullable String command, @Nullable String handler,
		@Nullable String arguments, @Nullable Instant dispatchedAt, @Nullable Instant dueAt, @Nullable Integer attempts,
		@Nullable Instant finishedAt, @Nullable String label, @Nullable String queue, @Nullable String sqlState,
		@Nullable String message, Map<String, String> headers) {

	public JobInfo {
		headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
	}

	static JobInfo of(JobRow job) {
		return new JobInfo(job.id(), JobState.valueOf(job.state()), job.command(), job.handler(), job.arguments(),
				job.dispatchedAt(), job.dueAt(), job.attempts(), job.finishedAt(), job.label(), job.queue(),
				job.sqlState(), job.message(), job.headers());
	}

}
