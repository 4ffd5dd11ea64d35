package io.github.pgdispatch.observability;

import io.github.pgdispatch.driver.EndedAttempt;
import io.micrometer.core.instrument.Timer;

/**
 * Measures the attempts of one handler and queue that end in the same way. Thread-safe.
 *
 * @param delay from the time when the job was due until the attempt began
 * @param duration of the attempt
 */
record AttemptMetrics(Timer delay, Timer duration) {

	void record(EndedAttempt attempt) {
		this.delay.record(attempt.delay());
		this.duration.record(attempt.duration());
	}

}
