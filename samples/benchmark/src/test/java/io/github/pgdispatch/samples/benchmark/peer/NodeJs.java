package io.github.pgdispatch.samples.benchmark.peer;

import io.github.pgdispatch.test.LoudSkip;

/**
 * What tests of graphile-worker and pg-boss need.
 */
public final class NodeJs {

	private NodeJs() {
	}

	/**
	 * Skips the test if it is not here.
	 */
	public static void require() {
		if (!GraphileWorker.isAvailable()) {
			LoudSkip.of("""
					There is no Node.js for the tests of graphile-worker and pg-boss. They take the
					programs node and npm on the path.""", System.getenv());
		}
	}

}
