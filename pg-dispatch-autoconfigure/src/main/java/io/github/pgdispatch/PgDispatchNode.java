package io.github.pgdispatch;

/**
 * This node: the running application with its workers. It may be drained, for example
 * before maintenance or to find out whether it is to blame for a problem, while the
 * application goes on.
 *
 * <p>
 * A drained node begins no job. Jobs that it dispatches notify other nodes, or pg_cron,
 * as if this node had no workers. It still delivers results. This is not a
 * {@link PgDispatchOperations#pause() pause}, which applies to all nodes, is a row in the
 * database, and lasts until it is ended: the drain is only known to this node, and ends
 * with {@link #resume()} or whenever the workers are started, so that an application that
 * starts again is not drained. A node that is drained while jobs are paused begins them
 * when both have ended.
 *
 * <p>
 * Thread-safe.
 */
public interface PgDispatchNode {

	/**
	 * Drains this node. Returns at once. When it has returned, no further method begins;
	 * methods that were claimed and have not begun are given back, which does not count
	 * as an attempt. Workers that run SQL in the database may begin further jobs for some
	 * milliseconds. Jobs that run go on to their end and are not interrupted. Has no
	 * effect if the node is drained, if its workers are stopped, or if it has none.
	 */
	void drain();

	/**
	 * Ends the drain. Returns at once. Has no effect unless the node is drained.
	 */
	void resume();

	/**
	 * Returns whether this node is drained. Jobs that had begun may still run.
	 * @return whether it is drained
	 */
	boolean isDraining();

}
