package io.github.pgdispatch.samples.benchmark.measure;

import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What was measured in rounds.
 *
 * @param <K> the type of what was measured
 * @param samples of each, a value for each round
 */
public record Comparison<K>(Map<K, Samples> samples) {

	public Comparison {
		samples = new LinkedHashMap<>(samples);
	}

	/**
	 * What was measured of one.
	 * @param one that was measured
	 * @return a value for each round
	 */
	public Samples of(K one) {
		Samples samples = this.samples.get(one);
		if (samples == null) {
			throw new IllegalArgumentException(one + " was not measured");
		}
		return samples;
	}

	/**
	 * The ratios of each round.
	 * @param one that is told of
	 * @param other that it is compared to
	 * @return the one divided by the other
	 */
	public Samples ratios(K one, K other) {
		return of(one).dividedBy(of(other));
	}

	/**
	 * Tells two rates, for orientation.
	 * @param one that is told of
	 * @param other that it is compared to
	 * @return the medians as text
	 */
	public String perSecond(K one, K other) {
		return "%,.0f/s against %,.0f/s".formatted(of(one).median(), of(other).median());
	}

	/**
	 * The one of the highest median.
	 * @param some among which
	 * @return one of them
	 */
	public K highest(Collection<? extends K> some) {
		return Collections.max(some, byMedian());
	}

	/**
	 * The one of the lowest median.
	 * @param some among which
	 * @return one of them
	 */
	public K lowest(Collection<? extends K> some) {
		return Collections.min(some, byMedian());
	}

	private Comparator<K> byMedian() {
		return Comparator.comparing((each) -> of(each).median());
	}

}
