package io.github.pgdispatch;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * The result of a job that has ended.
 *
 * @param id the id of the job
 * @param state the state in which the job has ended: done, failed or cancelled
 * @param value the value as JSON text. The value of SQL is an array of its rows, each of
 * which is an object of its columns. The value of a method is its return value.
 * {@code null} if there is no value, or if it was not kept
 * @param rowCount the number of rows that the SQL, or the last of its statements, has
 * returned or changed; {@code null} if it was not kept
 * @param sqlState the SQLSTATE of the error; {@code null} if the job has not failed, or
 * if the error has none
 * @param message the message of the error; {@code null} if the job has not failed
 * @param finishedAt the time at which the job ended, by the clock of the database
 */
public record JobResult(long id, JobState state, @Nullable String value, @Nullable Long rowCount,
		@Nullable String sqlState, @Nullable String message, @Nullable Instant finishedAt) {

	/**
	 * Returns this result if the job has succeeded.
	 * @return this result
	 * @throws DispatchFailedException if the job failed or was cancelled
	 */
	public JobResult orElseThrow() {
		if (this.state != JobState.DONE) {
			throw new DispatchFailedException(this);
		}
		return this;
	}

}
