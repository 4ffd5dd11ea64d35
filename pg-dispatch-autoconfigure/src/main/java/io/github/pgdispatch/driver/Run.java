package io.github.pgdispatch.driver;

import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

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

	/**
	 * Describes what a run that is being ended waits for, after "Waiting".
	 * @return the rest of a sentence, or {@code null} if it waits for nothing that takes
	 * time
	 */
	default @Nullable String waitsFor() {
		return null;
	}

}
