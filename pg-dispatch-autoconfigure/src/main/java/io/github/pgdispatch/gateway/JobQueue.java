package io.github.pgdispatch.gateway;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * One of the two kinds of jobs, as a driver watches it.
 */
public interface JobQueue {

	/**
	 * Returns the SQL function of the channel on which the queue's drivers are notified.
	 * @return its name
	 */
	String channel();

	/**
	 * Looks for due jobs.
	 * @param connection to the database
	 * @param rest whether to try to lie down to rest
	 * @return what it saw
	 * @throws SQLException if the connection is lost
	 */
	Look look(Connection connection, boolean rest) throws SQLException;

	/**
	 * Returns the SQL function that ends a rest.
	 * @return its name
	 */
	String stir();

	/**
	 * What a look at the queue has seen.
	 *
	 * @param due how many jobs are due
	 * @param nextDueIn in how long the next one falls due; {@code null} if there is none
	 * @param resting whether this look was the beginning of a rest
	 * @param notified whether dispatches from SQL notify some driver
	 */
	record Look(int due, @Nullable Duration nextDueIn, boolean resting, boolean notified) {

	}

}
