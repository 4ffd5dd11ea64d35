package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.util.List;

/**
 * Those who run the jobs.
 */
interface Runners extends AutoCloseable {

	void start();

	void stop() throws Exception;

	/**
	 * Returns the sessions that may be lost at any time.
	 * @return their process ids
	 */
	List<Integer> sessions() throws SQLException;

	/**
	 * Returns what they tell of themselves, for whoever wants to know why they run
	 * nothing.
	 */
	default List<String> state() {
		return List.of();
	}

	/**
	 * Whether they run commands outside of a transaction within seconds.
	 */
	boolean runNonTransactional();

	@Override
	void close() throws SQLException;

}
