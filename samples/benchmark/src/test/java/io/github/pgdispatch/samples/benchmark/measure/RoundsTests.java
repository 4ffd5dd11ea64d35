package io.github.pgdispatch.samples.benchmark.measure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link Rounds}, {@link Comparison} and {@link Samples}.
 */
class RoundsTests {

	private final List<String> order = new ArrayList<>();

	private Measurement values(String name, double... values) {
		return () -> {
			this.order.add(name);
			return values[(int) this.order.stream().filter(name::equals).count() - 1];
		};
	}

	@Test
	void measuresInTurnAndForgetsTheFirstRound() throws Exception {
		Map<String, Measurement> measurements = new LinkedHashMap<>();
		measurements.put("one", values("one", 100, 2, 9, 4));
		measurements.put("other", values("other", 1, 1, 3, 8));
		Comparison<String> comparison = new Rounds(3).measure(measurements);
		assertThat(this.order).containsExactly("one", "other", "other", "one", "one", "other", "other", "one");
		assertThat(comparison.of("one").values()).containsExactly(2.0, 9.0, 4.0);
		assertThat(comparison.ratios("one", "other").values()).containsExactly(2.0, 3.0, 0.5);
		assertThat(comparison.ratios("one", "other").dividedBy(comparison.of("other")).values()).containsExactly(2.0,
				1.0, 0.0625);
		assertThat(comparison.highest(List.of("one", "other"))).isEqualTo("one");
		assertThat(comparison.lowest(List.of("one", "other"))).isEqualTo("other");
		assertThatIllegalArgumentException().isThrownBy(() -> comparison.of("nobody")).withMessageContaining("nobody");
	}

	@Test
	void quantilesAreAmongTheSamples() {
		Samples samples = new Samples(List.of(5.0, 1.0, 4.0, 2.0, 3.0));
		assertThat(samples.median()).isEqualTo(3);
		assertThat(samples.lowest()).isOne();
		assertThat(samples.highest()).isEqualTo(5);
		assertThat(samples.quantile(0.99)).isEqualTo(5);
		assertThatIllegalArgumentException().isThrownBy(() -> new Samples(List.of()));
	}

}
