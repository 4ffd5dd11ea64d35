package io.github.pgdispatch.life;

import java.sql.SQLException;

import io.github.pgdispatch.test.Session;

/**
 * The queues, and their limits.
 */
final class Queues {

	static final String[] NAMES = { "one", "few", "rated", "fair", "paced" };

	/**
	 * How many jobs a second the queue of that name runs.
	 */
	static final int RATE = 30;

	/**
	 * How many jobs of a fair key run at once.
	 */
	static final int PER_KEY = 2;

	/**
	 * How many jobs of a fair key begin in a second in the last queue.
	 */
	static final int RATE_PER_KEY = 15;

	private Queues() {
	}

	static void set(Session session) throws SQLException {
		session.run("SELECT pgdispatch.set_queue('one', concurrency => 1)");
		setFew(session, 2);
		session.run("SELECT pgdispatch.set_queue('fair', concurrency => 3, per_key => " + PER_KEY + ")");
		session.run("SELECT pgdispatch.set_queue('paced', concurrency => 3, per_key => " + PER_KEY
				+ ", rate_per_key => " + RATE_PER_KEY + ")");
		session.run("SELECT pgdispatch.set_queue('rated', rate => " + RATE + ")");
	}

	static void setFew(Session session, int maxRunning) throws SQLException {
		session.run("SELECT pgdispatch.set_queue('few', concurrency => " + maxRunning
				+ ", break_after => 2, break_for => '1 second')");
	}

	/**
	 * Returns how many jobs of a queue run at once at the most.
	 * @param queue its name
	 * @return the highest limit that was ever set
	 */
	static int limit(String queue) {
		return switch (queue) {
			case "one" -> 1;
			case "few", "fair", "paced" -> 3;
			default -> Integer.MAX_VALUE;
		};
	}

}
