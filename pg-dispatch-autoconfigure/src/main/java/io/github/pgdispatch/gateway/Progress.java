package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;

/**
 * How far a worker has come with draining the queue: what one call of the executor
 * returns and the next one of the same drain is given.
 *
 * @param pace how many jobs may share a transaction; below 1, how many jobs more are to
 * be run such that one that takes sessions down is found out
 * @param afterDueAt the position: when the last job that was run had been due
 * @param afterId the position: the id of the last job that was run
 * @param completed how many jobs the call completed
 * @param failed how many jobs the call found to fail
 * @param drained whether nothing was due any more that nobody else was running
 * @param outside whether there is a command that is to run outside of a transaction
 */
public record Progress(int pace, OffsetDateTime afterDueAt, long afterId, long completed, long failed, boolean drained,
		boolean outside) {

	/**
	 * The largest number of jobs that share a transaction, and so of those to be careful
	 * with after it was lost.
	 */
	private static final int MOST_IN_A_BATCH = 50;

	/**
	 * As many jobs share a transaction from the beginning for each that the last drain
	 * found.
	 */
	private static final int FOR_EACH = 10;

	/**
	 * As many as the executor itself runs in a transaction.
	 */
	private static final int MOST = 500;

	/**
	 * Where a drain begins.
	 * @param company how many jobs the last drain found, if all of them were quick and
	 * none failed
	 * @return the progress to begin with
	 */
	public static Progress begin(long company) {
		return begin((company > 1) ? (int) Math.min(MOST, FOR_EACH * company) : 1);
	}

	/**
	 * Where a drain begins after a session was lost, which one of the jobs may have
	 * caused.
	 * @return the progress to begin with
	 */
	public static Progress beginCarefully() {
		return begin(1 - MOST_IN_A_BATCH);
	}

	private static Progress begin(int pace) {
		return new Progress(pace, OffsetDateTime.MIN, 0, 0, 0, false, false);
	}

	static Progress of(ResultSet row) throws SQLException {
		return new Progress(row.getInt("prefetch"), row.getObject("after_due_at", OffsetDateTime.class),
				row.getLong("after_id"), row.getLong("completed"), row.getLong("failed"), row.getBoolean("drained"),
				row.getBoolean("non_transactional"));
	}

	/**
	 * Whether the next call runs jobs in batches. It is cancelled if one of them turns
	 * out to be slow; otherwise it runs them alone, for as long as each takes.
	 * @return whether it does
	 */
	public boolean inBatches() {
		return this.pace > 1;
	}

}
