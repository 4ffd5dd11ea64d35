package io.github.pgdispatch.samples.benchmark.measure;

/**
 * Something that can be measured again and again.
 */
@FunctionalInterface
public interface Measurement {

	/**
	 * Measures it once.
	 * @return such as how many per second
	 * @throws Exception if it cannot be done
	 */
	double measure() throws Exception;

}
