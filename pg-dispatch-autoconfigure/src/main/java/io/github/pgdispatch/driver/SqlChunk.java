package io.github.pgdispatch.driver;

import java.time.Duration;

/**
 * The SQL jobs that one call of the executor has run.
 *
 * @param completed number of jobs that are done
 * @param retried number of attempts that failed and are followed by another one
 * @param failed number of jobs that are now dead letters
 * @param duration of the call
 */
public record SqlChunk(long completed, long retried, long failed, Duration duration) {

	/**
	 * Returns the number of jobs of which an attempt has ended.
	 * @return the number
	 */
	public long jobs() {
		return this.completed + this.retried + this.failed;
	}

}
