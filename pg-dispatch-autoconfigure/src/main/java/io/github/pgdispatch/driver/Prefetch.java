package io.github.pgdispatch.driver;

import java.time.Duration;

/**
 * How many jobs a node may claim ahead of those that it runs: as many as it has been
 * completing in a moment, so that quick ones are claimed many at once, and slow ones are
 * left to other nodes. Not thread-safe.
 */
final class Prefetch {

	/**
	 * Long against a round trip to the database, and hardly felt as a delay.
	 */
	private static final Duration AHEAD = Duration.ofMillis(50);

	private static final Duration WINDOW = Duration.ofMillis(20);

	private static final int MOST = 1_000;

	private long windowBegan = System.nanoTime();

	private long completedThen;

	private int ahead;

	/**
	 * Determines how many.
	 * @param completed how many have been completed so far
	 * @return the number, which is zero when jobs take long
	 */
	int ahead(long completed) {
		long elapsed = System.nanoTime() - this.windowBegan;
		if (elapsed > WINDOW.toNanos()) {
			long inWindow = completed - this.completedThen;
			this.ahead = (int) Math.min(MOST, inWindow * AHEAD.toNanos() / elapsed);
			this.windowBegan = System.nanoTime();
			this.completedThen = completed;
		}
		return this.ahead;
	}

}
