package io.github.pgdispatch.samples.benchmark.report;

import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A picture: for each line that has a target, a bar that ends at the rule in the middle
 * where the target is just met, and beyond it where the figure is better. The scale is
 * logarithmic.
 */
public final class SvgReport {

	private static final int LINE_HEIGHT = 22;

	private static final int LABEL_WIDTH = 620;

	private static final int BAR_WIDTH = 200;

	/**
	 * Of a decade, in pixels.
	 */
	private static final double DECADE = 90;

	/**
	 * Draws it.
	 * @param lines what was measured
	 * @return the picture as SVG
	 */
	public String draw(List<Line> lines) {
		List<Line> drawn = lines.stream().filter((line) -> line.target() != null && line.target().bound() > 0).toList();
		StringBuilder svg = new StringBuilder();
		int height = (drawn.size() + 1) * LINE_HEIGHT;
		svg.append("""
				<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">
				<rect width="100%%" height="100%%" fill="white"/>
				""".formatted(LABEL_WIDTH + 2 * BAR_WIDTH + 80, height));
		for (int i = 0; i < drawn.size(); i++) {
			bar(svg, drawn.get(i), i * LINE_HEIGHT + LINE_HEIGHT / 2);
		}
		int middle = LABEL_WIDTH + BAR_WIDTH;
		svg.append(
				"<line x1=\"%d\" y1=\"0\" x2=\"%d\" y2=\"%d\" stroke=\"black\"/>%n".formatted(middle, middle, height));
		return svg.append("</svg>").append(System.lineSeparator()).toString();
	}

	private static void bar(StringBuilder svg, Line line, int y) {
		Target target = Objects.requireNonNull(line.target());
		double figure = line.figure().median();
		double better = target.atLeast() ? figure / target.bound() : target.bound() / figure;
		double length = Math.max(-BAR_WIDTH, Math.min(BAR_WIDTH, DECADE * Math.log10(better)));
		double x = LABEL_WIDTH + BAR_WIDTH + Math.min(0, length);
		svg.append(String.format(Locale.ROOT,
				"<text x=\"4\" y=\"%d\">%s %s</text><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/><text x=\"%d\" y=\"%d\">%s (%s)</text>%n",
				y + 12, line.scenario(), escaped(line.what()), x, y + 2, Math.abs(length), LINE_HEIGHT - 6,
				(better >= 1) ? "#3a7d44" : "#b5382a", LABEL_WIDTH + 2 * BAR_WIDTH + 4, y + 12,
				MarkdownReport.number(figure), target));
	}

	private static String escaped(String text) {
		return text.replace("&", "&amp;").replace("<", "&lt;").replace("`", "");
	}

}
