package io.github.pgdispatch.samples.benchmark.measure;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measurements in turn, so that all have the machine as it is at that time.
 *
 * @param number how often each is measured, after a first time that does not count
 */
public record Rounds(int number) {

	/**
	 * Measures all, as often as is asked for.
	 * @param <K> the type of what is measured
	 * @param measurements by what they measure
	 * @return what came of it
	 * @throws Exception if something cannot be measured
	 */
	public <K> Comparison<K> measure(Map<K, Measurement> measurements) throws Exception {
		Map<K, List<Double>> all = new LinkedHashMap<>();
		measurements.keySet().forEach((each) -> all.put(each, new ArrayList<>()));
		List<K> order = new ArrayList<>(measurements.keySet());
		for (int i = 0; i <= this.number; i++) {
			for (K each : order) {
				double value = measurements.get(each).measure();
				if (i > 0) {
					all.get(each).add(value);
				}
			}
			// What comes first changes, as what comes later finds more in the caches.
			Collections.rotate(order, 1);
		}
		Map<K, Samples> samples = new LinkedHashMap<>();
		all.forEach((each, values) -> samples.put(each, new Samples(values)));
		return new Comparison<>(samples);
	}

}
