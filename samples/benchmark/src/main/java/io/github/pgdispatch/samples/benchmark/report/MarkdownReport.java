package io.github.pgdispatch.samples.benchmark.report;

import java.util.Locale;

import io.github.pgdispatch.samples.benchmark.measure.Samples;

/**
 * A table in Markdown, line by line.
 */
public final class MarkdownReport {

	/**
	 * The head of the table.
	 * @return two lines
	 */
	public String head() {
		return "| # | what | figure (lowest to highest) | target | |%n|---|---|---|---|---|".formatted();
	}

	/**
	 * A line of the table.
	 * @param line what it tells
	 * @return its text
	 */
	public String line(Line line) {
		String target = (line.target() != null) ? line.target() + unit(line) : "";
		String met = (line.isMet() != null) ? (line.isMet() ? " met" : " **missed**") : "";
		return "| %s | %s | %s | %s%s | %s |".formatted(line.scenario(), line.what(), figure(line), target, met,
				line.remark());
	}

	private static String figure(Line line) {
		Samples figure = line.figure();
		String spread = (figure.values().size() > 1)
				? " (%s to %s)".formatted(number(figure.lowest()), number(figure.highest())) : "";
		return "**" + number(figure.median()) + "**" + unit(line) + spread;
	}

	private static String unit(Line line) {
		return line.unit().isEmpty() ? "" : " " + line.unit();
	}

	static String number(double number) {
		return String.format(Locale.ROOT,
				(Math.abs(number) >= 100) ? "%,.0f" : (Math.abs(number) >= 10) ? "%.1f" : "%.2f", number);
	}

}
