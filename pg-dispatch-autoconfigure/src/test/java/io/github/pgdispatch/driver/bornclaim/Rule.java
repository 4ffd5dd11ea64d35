package io.github.pgdispatch.driver.bornclaim;

/**
 * What born claims rest upon. Without any of these, a promise is broken.
 */
enum Rule {

	/**
	 * No place is reserved once the node has begun to end its lease.
	 */
	RESERVE_ONLY_WHILE_OPEN,

	/**
	 * The lease is not ended while a place is reserved.
	 */
	KEEP_LEASE_WHILE_RESERVED,

	/**
	 * The lease is ended only if there are no claims after it was found that no place is
	 * reserved.
	 */
	LOOK_AT_CLAIMS_TO_END_LEASE,

	/**
	 * A claim is outstanding before its reservation ends.
	 */
	OUTSTANDING_BEFORE_RESERVATION_ENDS,

	/**
	 * Whoever releases unknown claims reads the reservations before the outstanding
	 * claims.
	 */
	READ_RESERVATIONS_FIRST,

	/**
	 * No place is reserved while unknown claims are released.
	 */
	HOLD_BACK_WHILE_RELEASING,

	/**
	 * Unknown claims are not released while a job without a known id may be there.
	 */
	RELEASE_ONLY_WITH_ALL_IDS,

	/**
	 * A method that is not completed in its transaction does not begin before a look.
	 */
	LOOK_BEFORE_PLAIN,

	/**
	 * A job that was written within a savepoint does not begin before a look.
	 */
	LOOK_AT_WHAT_A_SAVEPOINT_WROTE,

	/**
	 * A job that its transaction may have changed does not begin.
	 */
	LEAVE_WHAT_WAS_CHANGED,

	/**
	 * If the answer of the commit is lost, the transaction may have committed.
	 */
	LOST_ANSWER_IS_UNKNOWN,

	/**
	 * A job that may be there and must not begin is sought, to be given back.
	 */
	SEEK,

	/**
	 * Its reservation ends before it is sought, and does not make a later claim known.
	 */
	END_RESERVATION_BEFORE_SEEKING,

	/**
	 * It is sought again, as the commit may arrive late.
	 */
	SEEK_AGAIN,

	/**
	 * It is sought even if somebody has cancelled it.
	 */
	SEEK_WHAT_WAS_CANCELLED,

	/**
	 * It is not sought any more once the node has claimed it anew.
	 */
	FORGET_WHAT_WAS_CLAIMED_AGAIN,

	/**
	 * Only the node that has the claim gives a job back or completes it.
	 */
	FENCE_BY_NODE,

	/**
	 * A transactional method commits only if it deletes its job.
	 */
	COMMIT_ONLY_WITH_THE_JOB

}
