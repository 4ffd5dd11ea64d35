package io.github.pgdispatch.samples.operations;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Query}.
 */
class QueryTests {

	@Test
	void metricsAndLabelsAreFound() {
		Query query = new Query("""
				histogram_quantile(0.95, sum by (le, handler) (rate(a_bucket{x="b{c}", y=~"d"}[5m])))
				  / max(e) without (f) > 1e3 unless on (g) h offset 15m or vector(0)""");
		assertThat(query.metrics()).containsExactlyInAnyOrder("a_bucket", "e", "h");
		assertThat(query.labels()).containsExactlyInAnyOrder("le", "handler", "x", "y", "f", "g");
	}

}
