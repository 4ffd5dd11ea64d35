package io.github.pgdispatch.samples.benchmark.measure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A further figure of what is measured in {@link Rounds}: each measurement adds its own.
 *
 * @param <K> the type of what is measured
 */
public final class Figures<K> {

	private final Map<K, List<Double>> values = new LinkedHashMap<>();

	/**
	 * Adds the figure of a round.
	 * @param one that is measured
	 * @param value the figure
	 */
	public void add(K one, double value) {
		this.values.computeIfAbsent(one, (key) -> new ArrayList<>()).add(value);
	}

	/**
	 * Compares the figures.
	 * @return those of all rounds but the first, which does not count
	 */
	public Comparison<K> compare() {
		Map<K, Samples> samples = new LinkedHashMap<>();
		this.values.forEach((one, all) -> samples.put(one, new Samples(all.subList(1, all.size()))));
		return new Comparison<>(samples);
	}

}
