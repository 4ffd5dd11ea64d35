package io.github.pgdispatch.endpoint;

import java.util.concurrent.atomic.LongAdder;

import io.github.pgdispatch.driver.DriverListener;
import io.github.pgdispatch.driver.EndedAttempt;
import io.github.pgdispatch.driver.SqlChunk;

/**
 * Counts the attempts of this node. Whoever reads the number twice knows how many jobs it
 * runs meanwhile. Thread-safe.
 */
public final class AttemptCounter implements DriverListener {

	private final LongAdder attempts = new LongAdder();

	@Override
	public void attemptEnded(EndedAttempt attempt) {
		this.attempts.increment();
	}

	@Override
	public void chunkEnded(SqlChunk chunk) {
		this.attempts.add(chunk.jobs());
	}

	/**
	 * Returns the number of attempts that have ended since the start.
	 */
	long attempts() {
		return this.attempts.sum();
	}

}
