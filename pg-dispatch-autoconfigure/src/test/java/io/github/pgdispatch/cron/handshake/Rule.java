package io.github.pgdispatch.cron.handshake;

/**
 * What the handshake rests upon. Without any of these, something is lost.
 */
enum Rule {

	/**
	 * Whoever leaves must have the reliance lock exclusively.
	 */
	LOCK_TO_LEAVE,

	/**
	 * Whoever leaves looks at the queue once more after it has the lock.
	 */
	LOOK_AFTER_LOCK_TO_LEAVE,

	/**
	 * Of several workers only one leaves at a time.
	 */
	ONE_LEAVES_AT_A_TIME,

	/**
	 * Whoever goes deaf and was relied upon must have the reliance lock exclusively, or
	 * calls for another.
	 */
	LOCK_TO_GO_DEAF,

	/**
	 * Whoever goes deaf counts the jobs for others after it has tried for the lock.
	 */
	COUNT_AFTER_LOCK_TO_GO_DEAF,

	/**
	 * Of two that go deaf at once, neither takes the other for one that still looks.
	 */
	ONE_GOES_DEAF_AT_A_TIME,

	/**
	 * Whoever cannot have the reliance lock, shared, relies on nobody.
	 */
	RELY_UNDER_LOCK_ONLY,

	/**
	 * Nobody relies on a promise that is not committed.
	 */
	RELY_ON_WHAT_IS_COMMITTED_ONLY

}
