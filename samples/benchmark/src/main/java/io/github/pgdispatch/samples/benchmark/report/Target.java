package io.github.pgdispatch.samples.benchmark.report;

import java.util.Locale;

/**
 * What a figure is to be.
 *
 * @param bound that it is compared to
 * @param atLeast whether the figure is to be that much at least, and not at the most
 */
public record Target(double bound, boolean atLeast) {

	public static Target atLeast(double bound) {
		return new Target(bound, true);
	}

	public static Target atMost(double bound) {
		return new Target(bound, false);
	}

	/**
	 * Whether a figure is what it is to be.
	 * @param figure that was measured
	 * @return whether the target is met
	 */
	public boolean isMetBy(double figure) {
		return this.atLeast ? figure >= this.bound : figure <= this.bound;
	}

	@Override
	public String toString() {
		return (this.atLeast ? "≥ " : "≤ ") + ((this.bound == Math.rint(this.bound))
				? String.format(Locale.ROOT, "%.0f", this.bound) : Double.toString(this.bound));
	}

}
