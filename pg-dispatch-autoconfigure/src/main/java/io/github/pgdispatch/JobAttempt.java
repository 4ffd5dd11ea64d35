package io.github.pgdispatch;

import java.time.Instant;

import io.github.pgdispatch.gateway.AttemptRow;
import org.jspecify.annotations.Nullable;

/**
 * An attempt of a job that has ended, as the history has it. The times are those of the
 * clock of the database.
 *
 * @param number the number of the attempt, starting at 1; it starts anew when a dead
 * letter is retried
 * @param outcome what became of the attempt
 * @param startedAt the time at which the attempt began; for SQL that shared its
 * transaction with other jobs, the time at which that began. {@code null} if it is not
 * known
 * @param endedAt the time at which the attempt ended
 * @param node the id of the node that ran the method, or the {@code application_name} of
 * the session that ran the SQL; {@code null} if it is not known
 * @param sqlState the SQLSTATE of the error; {@code null} if it has none, or the attempt
 * did not fail
 * @param message the first 1,000 characters of the error; {@code null} if the attempt did
 * not fail
 * @see PgDispatchOperations#attempts(long)
 */
public record JobAttempt(int number, Outcome outcome, @Nullable Instant startedAt, Instant endedAt,
		@Nullable String node, @Nullable String sqlState, @Nullable String message) {

	static JobAttempt of(AttemptRow row) {
		return new JobAttempt(row.number(), Outcome.valueOf(row.outcome()), row.startedAt(), row.endedAt(), row.node(),
				row.sqlState(), row.message());
	}

	/**
	 * What became of an attempt.
	 */
	public enum Outcome {

		/**
		 * The attempt has succeeded, and the job is done.
		 */
		DONE,

		/**
		 * The attempt has failed, and another one followed or will follow.
		 */
		RETRIED,

		/**
		 * The attempt has failed, and the job became a dead letter.
		 */
		FAILED

	}

}
