package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * The queue of one of the two kinds of jobs, as a {@link QueueWatchSession} watches it.
 */
public interface JobQueue {

	/**
	 * Returns the SQL function of the channel on which drivers are notified.
	 * @return the name of the function
	 */
	String channelFunction();

	/**
	 * Looks for due jobs.
	 * @param connection to the database
	 * @param rest whether the session is to begin to rest if it can
	 * @return the result of the look
	 * @throws SQLException if the connection is lost
	 */
	Look look(Connection connection, boolean rest) throws SQLException;

	/**
	 * Returns the SQL function that ends the rest of the session.
	 * @return the name of the function
	 */
	String endRestFunction();

	/**
	 * The result of a look at the queue.
	 *
	 * @param due number of jobs that are due
	 * @param hasMore whether jobs are due that the node cannot take, or not at once
	 * @param nextDueIn the time until the next job falls due; {@code null} if there is
	 * none
	 * @param resting whether the session has begun to rest
	 * @param notified whether dispatches from SQL notify some driver
	 */
	record Look(int due, boolean hasMore, @Nullable Duration nextDueIn, boolean resting, boolean notified) {

	}

}
