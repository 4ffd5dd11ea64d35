package io.github.pgdispatch.driver.bornclaim;

/**
 * What may be so at one moment.
 */
enum Fact {

	/**
	 * The job is completed in the transaction of its method.
	 */
	TRANSACTIONAL,

	/**
	 * The node always has other claims, too.
	 */
	BUSY,

	/**
	 * The job is written within a savepoint.
	 */
	SAVEPOINT,

	/**
	 * What may yet happen, once each.
	 */
	MAY_FREEZE, MAY_DIE, MAY_LOSE_COMMIT, MAY_LOSE_CLAIM, MAY_CANCEL,

	/**
	 * The dispatching transaction has called operations that may have changed the job.
	 */
	CHANGED,

	/**
	 * The dispatching transaction has removed the job.
	 */
	UNDONE,

	/**
	 * It has done so by SQL that the library does not see.
	 */
	UNSEEN,

	/**
	 * The commit is on its way, and may still be refused. Nobody waits for an answer.
	 */
	COMMIT_IN_FLIGHT,

	/**
	 * The dispatching transaction has committed.
	 */
	COMMITTED,

	/**
	 * Another session has cancelled the job while it was claimed.
	 */
	CANCELLED,

	/**
	 * The row of the node says that its claims hold.
	 */
	LEASE,

	/**
	 * A claiming statement whose answer is lost is on its way.
	 */
	CLAIM_IN_FLIGHT,

	/**
	 * The state of the node.
	 */
	FROZEN, DEAD,

	/**
	 * The node knows that it has a lease.
	 */
	LEASE_KNOWN,

	/**
	 * Reservations are possible, as the lease holds for a while.
	 */
	OPEN,

	/**
	 * Reservations are not possible, as unknown claims are being released.
	 */
	HELD_BACK,

	/**
	 * A place is reserved for the job, whose id is known or not.
	 */
	RESERVED, ID_KNOWN,

	/**
	 * What the node knows of the job it has claimed.
	 */
	OUTSTANDING, UNCONFIRMED, WAITING, SOUGHT,

	/**
	 * The outcome of the job, which has not been written.
	 */
	GIVEN_BACK, DONE, SETTLED,

	/**
	 * The node may have claims that it does not know.
	 */
	UNKNOWN_CLAIMS,

	/**
	 * What the claim loop has found out a step before.
	 */
	HELD, LOOKS_TO_CONFIRM, LOOKS_FOR_SOUGHT, ALL_ARRIVED, KNOWN, NOTHING_CLAIMED,

	/**
	 * The method runs on the node, by the claim that was written with the job.
	 */
	RUNS,

	/**
	 * A lease has expired since that claim was written.
	 */
	LAPSED,

	/**
	 * The same for a later claim of the node.
	 */
	WAITING_AGAIN, RUNS_AGAIN, LAPSED_AGAIN,

	/**
	 * The other node has claimed the job; its method runs there.
	 */
	OTHER_WAITING, OTHER_RUNS,

	/**
	 * The method has begun on the node, whose lease holds since then; or on the other
	 * node, whose lease always holds.
	 */
	BEGUN, OTHER_BEGUN,

	/**
	 * A transactional method has committed.
	 */
	EFFECT,

	/**
	 * What must not be: the method begins before the commit, or though its job was
	 * undone.
	 */
	BEGUN_EARLY,

	/**
	 * What must not be: the method begins twice though no lease has expired.
	 */
	BEGUN_TWICE,

	/**
	 * What must not be: a transactional method commits twice, or for a job that was
	 * undone.
	 */
	WRONG_EFFECT

}
