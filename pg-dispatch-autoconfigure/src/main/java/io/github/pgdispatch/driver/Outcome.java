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
 * @param delay after which it is due again, if it is given back
 * @param counted whether it was an attempt, if it is given back
 */
record Outcome(Claim claim, Kind kind, @Nullable Throwable error, @Nullable FailureReport report, Duration delay,
		boolean counted) {

	static Outcome of(Claim claim, Kind kind) {
		return new Outcome(claim, kind, null, null, Duration.ZERO, false);
	}

	static Outcome failed(Claim claim, Throwable error) {
		return new Outcome(claim, Kind.FAILED, error, FailureReport.of(error), Duration.ZERO, true);
	}

	static Outcome released(Claim claim, Duration delay) {
		return new Outcome(claim, Kind.RELEASED, null, null, delay, false);
	}

	/**
	 * It is to be run again, though this was an attempt.
	 */
	static Outcome again(Claim claim, Duration delay) {
		return new Outcome(claim, Kind.RELEASED, null, null, delay, true);
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
		 * It is to become a dead letter.
		 */
		FAILED,

		/**
		 * It is to be given back.
		 */
		RELEASED

	}

}
