package io.github.pgdispatch.samples.benchmark.report;

import io.github.pgdispatch.samples.benchmark.measure.Samples;
import org.jspecify.annotations.Nullable;

/**
 * A line of the table.
 *
 * @param scenario such as {@code S1}
 * @param what was measured
 * @param figure that was measured, a ratio where something is compared
 * @param unit of the figure, such as {@code ms}; empty for a ratio
 * @param target that it is to meet, if any
 * @param remark such as the absolute figures, which mean little by themselves
 */
public record Line(String scenario, String what, Samples figure, String unit, @Nullable Target target, String remark) {

	/**
	 * Whether the target is met.
	 * @return {@code null} if there is none
	 */
	public @Nullable Boolean isMet() {
		return (this.target != null) ? this.target.isMetBy(this.figure.median()) : null;
	}

}
