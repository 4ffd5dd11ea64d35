package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;

/**
 * The progress of a worker that drains the queue. Each call of the executor returns it,
 * and the next call of the same drain takes it.
 *
 * @param prefetch maximum number of jobs that share a transaction. A value below 1 has
 * the next {@code 1 - prefetch} jobs run in isolation, so that a poison job is recognized
 * @param afterDueAt the position of the last job that was run: the time at which it was
 * due
 * @param afterId the position of the last job that was run: its id
 * @param completed number of jobs that the call completed
 * @param failed number of jobs that failed for good in the call
 * @param drained whether no job was left that was due and not being run by others
 * @param nonTransactional whether a non-transactional command is due
 */
public record Progress(int prefetch, OffsetDateTime afterDueAt, long afterId, long completed, long failed,
		boolean drained, boolean nonTransactional) {

	/**
	 * Maximum number of jobs that shared the transaction of a lost session, and so the
	 * number of jobs to run in isolation afterwards.
	 */
	private static final int ISOLATED_JOBS = 50;

	/**
	 * Number of jobs that share a transaction from the start, for each quick job that the
	 * last drain found.
	 */
	private static final int PREFETCH_PER_QUICK_JOB = 10;

	/**
	 * Maximum number of jobs that the executor runs in a transaction.
	 */
	private static final int MAX_PREFETCH = 500;

	/**
	 * Returns the progress with which a drain starts.
	 * @param quickJobs number of jobs that the last drain found if all of them were quick
	 * and none failed, otherwise 0
	 * @return the progress at the start of the queue
	 */
	public static Progress begin(long quickJobs) {
		return begin((quickJobs > 1) ? (int) Math.min(MAX_PREFETCH, PREFETCH_PER_QUICK_JOB * quickJobs) : 1);
	}

	/**
	 * Returns the progress with which a drain starts after a session was lost, for which
	 * one of its jobs may be to blame.
	 * @return the progress at the start of the queue
	 */
	public static Progress beginInIsolation() {
		return begin(1 - ISOLATED_JOBS);
	}

	private static Progress begin(int prefetch) {
		return new Progress(prefetch, OffsetDateTime.MIN, 0, 0, 0, false, false);
	}

	static Progress of(ResultSet row) throws SQLException {
		return new Progress(row.getInt("prefetch"), row.getObject("after_due_at", OffsetDateTime.class),
				row.getLong("after_id"), row.getLong("completed"), row.getLong("failed"), row.getBoolean("drained"),
				row.getBoolean("non_transactional"));
	}

	/**
	 * Returns whether the next call starts with the oldest due job. Other calls start
	 * where the last one ended, and miss jobs that were committed late.
	 * @return whether it does
	 */
	public boolean isAtStart() {
		return this.afterDueAt.equals(OffsetDateTime.MIN);
	}

	/**
	 * Returns the same progress at the start of the queue.
	 * @return progress with which the next call starts with the oldest due job
	 */
	public Progress atStart() {
		return new Progress(this.prefetch, OffsetDateTime.MIN, 0, this.completed, this.failed, this.drained,
				this.nonTransactional);
	}

	/**
	 * Returns whether the next call runs jobs in chunks. Such a call is cancelled if one
	 * of its jobs turns out to be slow. Any other call runs one job at a time, for as
	 * long as it takes.
	 * @return whether it does
	 */
	public boolean inChunks() {
		return this.prefetch > 1;
	}

}
