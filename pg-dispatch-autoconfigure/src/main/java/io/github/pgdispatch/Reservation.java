package io.github.pgdispatch;

import java.util.UUID;

import io.github.pgdispatch.gateway.ClaimedRow;

/**
 * A place of this node that is reserved for a job before it is written, so that the
 * node's claim on the job can be written with it. It is kept until the transaction ends,
 * which is told once by one of {@link #committed}, {@link #unknown()} and
 * {@link #release()}. Thread-safe.
 */
public interface Reservation {

	/**
	 * Returns the node that claims the job.
	 * @return the id of the node
	 */
	UUID node();

	/**
	 * Called when the job has been written with the claim, before the transaction ends.
	 * @param row of the job. The claim on it holds once the transaction has committed
	 */
	void claimed(ClaimedRow row);

	/**
	 * Called after the commit of the transaction. Runs the job at once if that is still
	 * possible, and gives it back otherwise. Returns quickly, and does not throw an
	 * exception.
	 * @param certain whether a row that was written must be there; otherwise it may have
	 * been removed again in the same transaction
	 */
	void committed(boolean certain);

	/**
	 * Called if it is unknown whether the transaction has committed, or if the
	 * transaction may have changed what becomes of the job. If the job is there, it is
	 * given back. Returns quickly, and does not throw an exception.
	 */
	void unknown();

	/**
	 * Called if the job was not written, was not claimed or was rolled back.
	 */
	void release();

}
