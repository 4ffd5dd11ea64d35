package io.github.pgdispatch.autoconfigure;

import java.time.Duration;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;

/**
 * Tells how much time workers have when the application stops.
 *
 * @param phase the time of a shutdown phase
 */
record WorkerShutdown(Duration phase) {

	static WorkerShutdown of(Environment environment) {
		return new WorkerShutdown(Binder.get(environment)
			.bind("spring.lifecycle.timeout-per-shutdown-phase", Duration.class)
			.orElse(Duration.ofSeconds(30)));
	}

	/**
	 * Returns the time for running methods. It is a part of the phase, so that some time
	 * is left to return jobs to the queue.
	 */
	Duration patience() {
		return this.phase.multipliedBy(9).dividedBy(10);
	}

}
