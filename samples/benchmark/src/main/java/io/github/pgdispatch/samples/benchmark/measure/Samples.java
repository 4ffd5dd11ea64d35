package io.github.pgdispatch.samples.benchmark.measure;

import java.util.List;
import java.util.stream.IntStream;

/**
 * What was measured again and again.
 *
 * @param values in the order in which they were measured; not empty
 */
public record Samples(List<Double> values) {

	public Samples {
		if (values.isEmpty()) {
			throw new IllegalArgumentException("Nothing was measured");
		}
		values = List.copyOf(values);
	}

	/**
	 * One that was measured once.
	 * @param value the only one
	 * @return samples without a spread
	 */
	public static Samples of(double value) {
		return new Samples(List.of(value));
	}

	/**
	 * Divides each value by that of another in the same place.
	 * @param others as many values, measured in the same rounds
	 * @return the ratios
	 */
	public Samples dividedBy(Samples others) {
		return new Samples(IntStream.range(0, this.values.size())
			.mapToObj((i) -> this.values.get(i) / others.values.get(i))
			.toList());
	}

	/**
	 * The value that as many are above as below.
	 * @return the median
	 */
	public double median() {
		return quantile(0.5);
	}

	/**
	 * The value that a part of all is not above.
	 * @param part from 0, the lowest, to 1, the highest
	 * @return one of the values
	 */
	public double quantile(double part) {
		List<Double> sorted = this.values.stream().sorted().toList();
		return sorted.get((int) Math.min(sorted.size() - 1, Math.floor(part * sorted.size())));
	}

	public double lowest() {
		return quantile(0);
	}

	public double highest() {
		return quantile(1);
	}

}
