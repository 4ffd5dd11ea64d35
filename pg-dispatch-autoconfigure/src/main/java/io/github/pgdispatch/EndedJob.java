package io.github.pgdispatch;

import java.time.Instant;

import io.github.pgdispatch.gateway.EndedJobRow;
import org.jspecify.annotations.Nullable;

/**
 * A job of the history. The times are those of the clock of the database.
 *
 * @param id the id of the job
 * @param kind whether the job ran SQL or called a handler
 * @param name the name of the handler, or the label of the SQL; {@code null} for SQL
 * without a label
 * @param queue the name of the queue; {@code null} if the job had none
 * @param outcome the state in which the job ended: {@link JobState#DONE},
 * {@link JobState#FAILED} or {@link JobState#CANCELLED}
 * @param dispatchedAt the time at which the transaction that dispatched the job began
 * @param dueAt the time at which the last attempt was due
 * @param startedAt the time at which the last attempt began; for SQL that shared its
 * transaction with other jobs, the time at which that began. {@code null} if the job was
 * cancelled before it began, or if it is not known
 * @param endedAt the time at which the job ended
 * @param attempts the number of attempts
 * @param node the id of the node that ran the method, or the {@code application_name} of
 * the session that ran the SQL; {@code null} if the job was cancelled before it began
 * @param sqlState the SQLSTATE of the error; {@code null} if it has none, or the job did
 * not fail
 * @param message the first 1,000 characters of the error; {@code null} if the job did not
 * fail
 */
public record EndedJob(long id, JobKind kind, @Nullable String name, @Nullable String queue, JobState outcome,
		Instant dispatchedAt, Instant dueAt, @Nullable Instant startedAt, Instant endedAt, int attempts,
		@Nullable String node, @Nullable String sqlState, @Nullable String message) {

	static EndedJob of(EndedJobRow row) {
		return new EndedJob(row.id(), JobKind.valueOf(row.kind()), row.name(), row.queue(),
				JobState.valueOf(row.outcome()), row.dispatchedAt(), row.dueAt(), row.startedAt(), row.endedAt(),
				row.attempts(), row.node(), row.sqlState(), row.message());
	}

}
