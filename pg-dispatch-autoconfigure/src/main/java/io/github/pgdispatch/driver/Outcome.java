package io.github.pgdispatch.driver;

import java.time.Duration;

import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.handler.Steps;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of a claimed job.
 *
 * @param claim on the job
 * @param kind of the outcome
 * @param error of a failed job
 * @param report of the error
 * @param canRetry whether another attempt of a failed job could succeed
 * @param result of a job that is done, as JSON; {@code null} if none is kept
 * @param delay after which a released or sleeping job is due again, or that a failed job
 * has asked for
 * @param sleep the name of the sleep of a job that sleeps; {@code null} if it does not
 * @param outage whether a job has failed because it lost its connection
 * @param undone whether nothing is left of what such a job did in the database
 * @param times of the attempt; {@code null} if the job was not begun
 */
record Outcome(Claim claim, Kind kind, @Nullable Throwable error, @Nullable FailureReport report, boolean canRetry,
		@Nullable String result, @Nullable Duration delay, @Nullable String sleep, boolean outage, boolean undone,
		@Nullable AttemptTimes times) {

	static Outcome of(Claim claim, Kind kind) {
		return new Outcome(claim, kind, null, null, false, null, null, null, false, false, null);
	}

	static Outcome done(Claim claim, @Nullable String result) {
		return new Outcome(claim, Kind.DONE, null, null, false, result, null, null, false, false, null);
	}

	static Outcome failed(Claim claim, Throwable error, boolean canRetry, @Nullable Duration retryIn) {
		return new Outcome(claim, Kind.FAILED, error, FailureReport.of(error), canRetry, null, retryIn, null, false,
				false, null);
	}

	/**
	 * Returns the outcome of a job that has failed because it lost its connection. The
	 * database limits the number of such failures.
	 */
	static Outcome outage(Claim claim, Throwable error, boolean canRetry, boolean undone) {
		return new Outcome(claim, Kind.FAILED, error, FailureReport.of(error), canRetry, null, null, null, true, undone,
				null);
	}

	/**
	 * Returns the same outcome with the times of its attempt.
	 */
	Outcome at(@Nullable AttemptTimes times) {
		return new Outcome(this.claim, this.kind, this.error, this.report, this.canRetry, this.result, this.delay,
				this.sleep, this.outage, this.undone, times);
	}

	/**
	 * Returns how long the attempt took.
	 */
	Duration duration() {
		return (this.times != null) ? this.times.duration() : Duration.ZERO;
	}

	boolean isDone() {
		return this.kind == Kind.DONE || isSettled();
	}

	/**
	 * Returns whether the database knows the outcome.
	 */
	boolean isSettled() {
		return this.kind == Kind.SETTLED || this.kind == Kind.TAKEN_OVER;
	}

	/**
	 * Returns what becomes of the attempt; {@code null} if it failed, because only the
	 * database knows whether the job is run again.
	 */
	@Nullable AttemptOutcome attempt() {
		return switch (this.kind) {
			case DONE, SETTLED -> AttemptOutcome.DONE;
			case TAKEN_OVER -> AttemptOutcome.LOST;
			case CANCELLED -> AttemptOutcome.CANCELLED;
			case RELEASED -> AttemptOutcome.RELEASED;
			case SLEEPING -> AttemptOutcome.SLEEPING;
			case FAILED -> null;
		};
	}

	static Outcome released(Claim claim, Duration delay) {
		return new Outcome(claim, Kind.RELEASED, null, null, false, null, delay, null, false, false, null);
	}

	/**
	 * Returns the outcome of a job that sleeps.
	 */
	static Outcome sleeping(Claim claim, Steps.Sleep sleep) {
		return new Outcome(claim, Kind.SLEEPING, null, null, false, null, sleep.duration(), sleep.name(), false, false,
				null);
	}

	enum Kind {

		/**
		 * The job is done and is to be deleted.
		 */
		DONE("The method returned"),

		/**
		 * The job was deleted in the transaction of its method.
		 */
		SETTLED("The job was deleted in the transaction of its method"),

		/**
		 * Another node has taken the job over.
		 */
		TAKEN_OVER("Another node had taken the job over"),

		/**
		 * The job has failed. It is to be run again or to become a dead letter.
		 */
		FAILED("The attempt failed"),

		/**
		 * The job was cancelled before it was done.
		 */
		CANCELLED("The job was cancelled"),

		/**
		 * The claim is to be released, so that the job is run again.
		 */
		RELEASED("The job was to be run again"),

		/**
		 * The method sleeps. The claim is to be released, so that the job is run again
		 * after the sleep.
		 */
		SLEEPING("The job was to sleep");

		private final String description;

		Kind(String description) {
			this.description = description;
		}

		/**
		 * Returns a clause that says what has happened.
		 */
		String described() {
			return this.description;
		}

	}

}
