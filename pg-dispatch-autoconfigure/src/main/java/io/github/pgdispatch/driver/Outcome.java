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
 */
record Outcome(Claim claim, Kind kind, @Nullable Throwable error, @Nullable FailureReport report, Duration delay) {

	static Outcome of(Claim claim, Kind kind) {
		return new Outcome(claim, kind, null, null, Duration.ZERO);
	}

	static Outcome failed(Claim claim, Throwable error) {
		return new Outcome(claim, Kind.FAILED, error, FailureReport.of(error), Duration.ZERO);
	}

	static Outcome released(Claim claim, Duration delay) {
		return new Outcome(claim, Kind.RELEASED, null, null, delay);
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
