package io.github.pgdispatch;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import io.github.pgdispatch.gateway.ListedJobRow;
import org.jspecify.annotations.Nullable;

/**
 * A job in a list. The times are those of the clock of the database. The SQL and the
 * arguments of a job are returned by {@link PgDispatchTemplate#find(long)}.
 *
 * @param id the id of the job
 * @param kind whether the job runs SQL or calls a handler
 * @param name the name of the handler, or the label of the SQL; {@code null} for SQL
 * without a label
 * @param queue the name of the queue; {@code null} if the job has none
 * @param state the state of the job
 * @param dispatchedAt the time at which the transaction that dispatched the job began
 * @param dueAt the time before which the job is not run. After a failed attempt, this is
 * the time of the next attempt; {@code null} if the job waits for the end of a batch
 * @param attempts the number of attempts that have begun
 * @param sqlState the SQLSTATE of the error of the last failed attempt; {@code null} if
 * it has none, or if no attempt has failed
 * @param message the first 1,000 characters of the error of the last failed attempt;
 * {@code null} if no attempt has failed
 * @param headers the headers of the job, such as those of a trace; immutable
 */
public record ListedJob(long id, JobKind kind, @Nullable String name, @Nullable String queue, JobState state,
		Instant dispatchedAt, @Nullable Instant dueAt, int attempts, @Nullable String sqlState,
		@Nullable String message, Map<String, String> headers) {

	public ListedJob {
		headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
	}

	static ListedJob of(ListedJobRow job) {
		return new ListedJob(job.id(), JobKind.valueOf(job.kind()), job.name(), job.queue(),
				JobState.valueOf(job.state()), job.dispatchedAt(), job.dueAt(), job.attempts(), job.sqlState(),
				job.message(), job.headers());
	}

}
