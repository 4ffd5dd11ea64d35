package io.github.pgdispatch.driver;

import java.time.Duration;

import io.github.pgdispatch.gateway.Claim;
import org.jspecify.annotations.Nullable;

/**
 * What has become of a claimed job.
 *
 * @param claim on the job
 * @param kind of the outcome
 * @param error with which it failed
 * @param report of the error
 * @param canRetry whether another attempt could succeed, if it failed
 * @param result as JSON, if it is done and that is to be kept
 * @param delay after which it is due again, if it is given back; or if it failed and has
 * said so itself
 * @param counted whether it was an attempt, if it is given back
 */
record Outcome(Claim claim, Kind kind, @Nullable Throwable error, @Nullable FailureReport report, boolean canRetry,
		@Nullable String result, @Nullable Duration delay, boolean counted) {

	static Outcome of(Claim claim, Kind kind) {
		return new Outcome(claim, kind, null, null, false, null, null, false);
	}

	static Outcome done(Claim claim, @Nullable String result) {
		return new Outcome(claim, Kind.DONE, null, null, false, result, null, false);
	}

	static Outcome failed(Claim claim, Throwable error, boolean canRetry, @Nullable Duration retryIn) {
		return new Outcome(claim, Kind.FAILED, error, FailureReport.of(error), canRetry, null, retryIn, true);
	}

	boolean isDone() {
		return this.kind == Kind.DONE || this.kind == Kind.SETTLED;
	}

	static Outcome released(Claim claim, Duration delay) {
		return new Outcome(claim, Kind.RELEASED, null, null, false, null, delay, false);
	}

	/**
	 * It is to be run again, though this was an attempt.
	 */
	static Outcome again(Claim claim, Duration delay) {
		return new Outcome(claim, Kind.RELEASED, null, null, false, null, delay, true);
	}

	enum Kind {

		/**
		 * It is done, and is to be deleted.
		 */
		DONE,

		/**
		 * Nothing more is to be done: it was deleted with its effects, or is another
		 * node's.
		 */
		SETTLED,

		/**
		 * It is to be run again, or to become a dead letter.
		 */
		FAILED,

		/**
		 * It was cancelled, and did not come to its end.
		 */
		CANCELLED,

		/**
		 * It is to be given back.
		 */
		RELEASED

	}

}
