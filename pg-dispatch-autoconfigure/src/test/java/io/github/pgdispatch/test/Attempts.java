package io.github.pgdispatch.test;

import java.time.Duration;
import java.util.concurrent.Callable;

/**
 * Measures time on a machine that may stall now and then, which takes longer then,
 * whereas without what is measured each attempt would take too long.
 */
public final class Attempts {

	private static final int MOST = 4;

	private Attempts() {
	}

	/**
	 * Measures something until it is short enough, but not for ever.
	 * @param enough how short
	 * @param attempt what takes that long
	 * @return the shortest duration
	 * @throws Exception if an attempt fails, after which there is no other
	 */
	public static Duration shortest(Duration enough, Callable<Duration> attempt) throws Exception {
		Duration shortest = attempt.call();
		for (int attempts = 1; attempts < MOST && shortest.compareTo(enough) > 0; attempts++) {
			Duration duration = attempt.call();
			shortest = (duration.compareTo(shortest) < 0) ? duration : shortest;
		}
		return shortest;
	}

}
