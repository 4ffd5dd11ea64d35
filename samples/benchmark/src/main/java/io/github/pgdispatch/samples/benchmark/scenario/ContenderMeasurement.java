package io.github.pgdispatch.samples.benchmark.scenario;

import io.github.pgdispatch.samples.benchmark.contender.Contender;

/**
 * Measures one contender after the other.
 */
@FunctionalInterface
interface ContenderMeasurement {

	/**
	 * Measures one.
	 * @param contender that is measured
	 * @return a rate, or a time
	 */
	double of(Contender contender) throws Exception;

}
