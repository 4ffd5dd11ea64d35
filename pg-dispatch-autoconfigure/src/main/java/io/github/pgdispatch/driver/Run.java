package io.github.pgdispatch.driver;

import java.util.concurrent.CompletableFuture;

/**
 * What a driver holds between a start and the next stop. Thread-safe.
 */
interface Run {

	/**
	 * Ends the run, which begins nothing more. Called once.
	 * @return a future that completes when nothing runs any more and no connection is
	 * held
	 */
	CompletableFuture<Void> end();

}
