package io.github.pgdispatch.samples.operations;

import java.time.Duration;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import org.springframework.test.util.TestSocketUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that each query of the dashboard has a result, in a real Prometheus that scrapes
 * a real application.
 */
@PostgresTest
class PanelsTests {

	@Test
	void eachPanelShowsSomething(TestDatabase database) throws Exception {
		int port = TestSocketUtils.findAvailableTcpPort();
		try (PrometheusServer prometheus = PrometheusServer.start(port);
				WatchedNode node = WatchedNode.start(database, port)) {
			node.dispatchAll();
			await().atMost(Duration.ofMinutes(1))
				.untilAsserted(() -> assertThat(GrafanaDashboard.read().queries())
					.allSatisfy((query) -> assertThat(prometheus.query(withoutDefault(query))).isNotEmpty()));
		}
	}

	private static Query withoutDefault(Query query) {
		return new Query(query.expression().replace(" or vector(0)", ""));
	}

}
