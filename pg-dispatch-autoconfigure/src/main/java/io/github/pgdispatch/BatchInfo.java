package io.github.pgdispatch;

import java.time.Instant;

import io.github.pgdispatch.gateway.BatchRow;
import org.jspecify.annotations.Nullable;

/**
 * The progress of a {@linkplain Batch batch} at the time at which it was read. The times
 * are those of the clock of the database.
 *
 * @param id the id of the batch
 * @param name the name of the batch
 * @param state the state of the batch
 * @param pending the number of jobs that have not ended, those that are retried included
 * @param done the number of jobs that are done
 * @param failed the number of jobs that became dead letters
 * @param cancelled the number of jobs that were cancelled
 * @param dispatchedAt the time at which the transaction that created the batch began
 * @param endedAt the time at which the last job ended; {@code null} if the batch has not
 * ended
 * @param parent the id of the batch that contains this one; {@code null} if there is none
 * @param thenId the id of the job that follows the batch; {@code null} if there is none
 * @param onFailureId the id of the job that follows the batch if a job has failed;
 * {@code null} if there is none
 */
public record BatchInfo(long id, String name, BatchState state, long pending, long done, long failed, long cancelled,
		Instant dispatchedAt, @Nullable Instant endedAt, @Nullable Long parent, @Nullable Long thenId,
		@Nullable Long onFailureId) {

	static BatchInfo of(BatchRow batch) {
		return new BatchInfo(batch.id(), batch.name(), BatchState.valueOf(batch.state()), batch.pending(), batch.done(),
				batch.failed(), batch.cancelled(), batch.dispatchedAt(), batch.endedAt(), batch.parent(),
				batch.thenId(), batch.onFailureId());
	}

	/**
	 * Returns the number of jobs that were added so far.
	 * @return the sum of the pending, done, failed and cancelled jobs
	 */
	public long total() {
		return this.pending + this.done + this.failed + this.cancelled;
	}

}
