package io.github.pgdispatch.samples.benchmark.report;

import java.util.List;

import io.github.pgdispatch.samples.benchmark.measure.Samples;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what is told.
 */
class ReportTests {

	private final Line met = new Line("S1", "some < ratio", new Samples(List.of(0.9, 0.8, 1234.6)), "",
			Target.atLeast(0.85), "a remark");

	private final Line missed = new Line("S5", "latency", Samples.of(31), "ms", Target.atMost(30), "");

	private final Line untold = new Line("S9", "something", Samples.of(0.5), "", null, "");

	@Test
	void tableTellsMedianSpreadAndTarget() {
		MarkdownReport report = new MarkdownReport();
		assertThat(report.line(this.met))
			.isEqualTo("| S1 | some < ratio | **0.90** (0.80 to 1,235) | ≥ 0.85 met | a remark |");
		assertThat(report.line(this.missed)).isEqualTo("| S5 | latency | **31.0** ms | ≤ 30 ms **missed** |  |");
		assertThat(report.line(this.untold)).isEqualTo("| S9 | something | **0.50** |  |  |");
	}

	@Test
	void jsonHasAllSamples() {
		assertThat(new JsonReport().write(List.of(this.met))).contains("\"values\" : [ 0.9, 0.8, 1234.6 ]",
				"\"bound\" : 0.85");
	}

	@Test
	void pictureHasABarForEachTarget() {
		assertThat(new SvgReport().draw(List.of(this.met, this.missed, this.untold))).startsWith("<svg")
			.contains("some &lt; ratio", "latency")
			.doesNotContain("something")
			.containsOnlyOnce("#3a7d44")
			.containsOnlyOnce("#b5382a");
	}

}
