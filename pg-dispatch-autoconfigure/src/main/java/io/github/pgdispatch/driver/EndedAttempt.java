package io.github.pgdispatch.driver;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * An attempt of a handler's job that has ended.
 *
 * @param jobId the id of the job
 * @param handler the name of the handler
 * @param queue the queue of the job; {@code null} if it is in none
 * @param attempt the number of the attempt, which starts at 1
 * @param outcome what has become of it
 * @param delay time from when the job was due until it began. As the first time is that
 * of the database's clock and the second one that of this node's clock, it has their
 * difference; it is never negative
 * @param duration time from the beginning of the job to its end, without the time that it
 * took to write the outcome
 * @param exception name of the class of the exception with which the attempt failed;
 * {@code null} if it did not fail
 * @param sqlState of the database error that caused the exception; {@code null} if there
 * was none
 */
public record EndedAttempt(long jobId, String handler, @Nullable String queue, int attempt, AttemptOutcome outcome,
		Duration delay, Duration duration, @Nullable String exception, @Nullable String sqlState) {

}
