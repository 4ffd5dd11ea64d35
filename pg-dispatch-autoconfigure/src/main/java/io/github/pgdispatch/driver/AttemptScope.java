package io.github.pgdispatch.driver;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link DriverListener} has opened around an attempt of a handler's job.
 */
@FunctionalInterface
public interface AttemptScope {

	/**
	 * Called once, on the thread that has run the attempt, when its method has ended and
	 * before its outcome is written.
	 * @param outcome what becomes of the attempt; {@code null} if it failed, because the
	 * database decides whether the job is run again
	 * @param error with which the attempt failed; {@code null} if it did not fail
	 */
	void close(@Nullable AttemptOutcome outcome, @Nullable Throwable error);

}
