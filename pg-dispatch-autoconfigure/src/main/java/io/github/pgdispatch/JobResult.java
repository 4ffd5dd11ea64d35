package io.github.pgdispatch;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * What has become of a job.
 *
 * @param id identifies the job
 * @param state in which it has ended: done, failed or cancelled
 * @param value JSON text: an array of the rows that the SQL has returned, each an object
 * of its columns, or the value that the method has returned; {@code null} if there is
 * none, or it was not to be kept
 * @param rowCount how many rows the SQL, or the last of its statements, has returned or
 * changed; {@code null} if it was not to be kept
 * @param sqlState the SQLSTATE of the error, if the job has failed with one
 * @param message of the error; {@code null} if the job has not failed
 * @param finishedAt when it ended, by the database's clock
 */
public record JobResult(long id, JobState state, @Nullable String value, @Nullable Long rowCount,
		@Nullable String sqlState, @Nullable String message, @Nullable Instant finishedAt) {

	/**
	 * Makes sure that the job has succeeded.
	 * @return this result
	 * @throws DispatchFailedException if it failed or was cancelled
	 */
	public JobResult orElseThrow() {
		if (this.state != JobState.DONE) {
			throw new DispatchFailedException(this);
		}
		return this;
	}

}
