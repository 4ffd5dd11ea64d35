package io.github.pgdispatch.driver;

import io.github.pgdispatch.event.AttemptFailedEvent;
import io.github.pgdispatch.event.CircuitBreakerEvent;
import io.github.pgdispatch.event.DeadLetterEvent;
import io.github.pgdispatch.event.DriverBackEvent;
import io.github.pgdispatch.event.DriverLostEvent;
import io.github.pgdispatch.event.HandlerUnknownEvent;
import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.event.JobTakenOverEvent;

/**
 * Is told by the drivers of a node what happens. Everything that observes the drivers is
 * such a listener.
 *
 * <p>
 * Methods are called on the threads that claim jobs and write their outcomes, or that
 * commit; {@link #attemptBegins} is called on the thread of the attempt. They have to
 * return quickly and be thread-safe, and must not wait for anything. An exception is
 * logged and harms nothing. No method is told the SQL or the arguments of a job.
 */
public interface DriverListener {

	/**
	 * Called when an attempt has failed and the job will be run again.
	 * @param event the attempt
	 */
	default void attemptFailed(AttemptFailedEvent event) {
	}

	/**
	 * Called when a job has become a dead letter at this node.
	 * @param event the job
	 */
	default void deadLetter(DeadLetterEvent event) {
	}

	/**
	 * Called when this node has taken over a job from a node that died.
	 * @param event the job
	 */
	default void jobTakenOver(JobTakenOverEvent event) {
	}

	/**
	 * Called when an attempt at this node has tripped or reset a circuit breaker.
	 * @param event the breaker
	 */
	default void circuitBreaker(CircuitBreakerEvent event) {
	}

	/**
	 * Called when jobs wait whose handler this node does not have, once for as long as
	 * they wait.
	 * @param event the handler
	 */
	default void handlerUnknown(HandlerUnknownEvent event) {
	}

	/**
	 * Called when a driver has lost the database.
	 * @param event the driver
	 */
	default void driverLost(DriverLostEvent event) {
	}

	/**
	 * Called when a driver has the database back.
	 * @param event the driver
	 */
	default void driverBack(DriverBackEvent event) {
	}

	/**
	 * Called on the thread of an attempt of a handler's job, before anything else of it
	 * is done.
	 * @param attempt the attempt
	 * @return a scope, which is closed on the same thread when the attempt has ended
	 */
	default AttemptScope attemptBegins(BegunAttempt attempt) {
		return (outcome, error) -> {
		};
	}

	/**
	 * Called when an attempt of a handler's job has ended and its outcome is written.
	 * @param attempt the attempt
	 */
	default void attemptEnded(EndedAttempt attempt) {
	}

	/**
	 * Called when a call of the executor has run SQL jobs.
	 * @param chunk the jobs of the call
	 */
	default void chunkEnded(SqlChunk chunk) {
	}

	/**
	 * Called when a driver is woken because there are due jobs. They may be running
	 * already, or another node may be faster.
	 * @param jobs the kind of the jobs
	 * @param source what has woken it
	 */
	default void wokenUp(JobKind jobs, WakeUpSource source) {
	}

}
