package io.github.pgdispatch.samples.benchmark.scenario;

import java.util.LinkedHashMap;
import java.util.Map;

import io.github.pgdispatch.samples.benchmark.contender.Contender;
import io.github.pgdispatch.samples.benchmark.measure.Comparison;
import io.github.pgdispatch.samples.benchmark.measure.Measurement;
import io.github.pgdispatch.samples.benchmark.measure.Rounds;

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

	/**
	 * Measures several in turn.
	 * @param rounds how often
	 * @param contenders that are measured
	 * @param measurement of each of them
	 * @return what came of it
	 */
	static Comparison<Contender> compare(Rounds rounds, Iterable<? extends Contender> contenders,
			ContenderMeasurement measurement) throws Exception {
		Map<Contender, Measurement> measurements = new LinkedHashMap<>();
		for (Contender contender : contenders) {
			measurements.put(contender, () -> measurement.of(contender));
		}
		return rounds.measure(measurements);
	}

}
