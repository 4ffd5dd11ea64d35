package io.github.pgdispatch.samples.operations;

import java.util.List;
import java.util.stream.Stream;

import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.Test;

import org.springframework.test.util.TestSocketUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that an application has the metrics and the labels of the alert rules and of the
 * dashboard.
 */
@PostgresTest
class ScrapeTests {

	@Test
	void everyMetricAndEveryLabelIsInAScrape(TestDatabase database) throws Exception {
		List<Query> queries = Stream.concat(Rules.queries().stream(), GrafanaDashboard.read().queries().stream())
			.toList();
		try (WatchedNode node = WatchedNode.start(database, TestSocketUtils.findAvailableTcpPort())) {
			node.dispatchAll();
			await().untilAsserted(() -> {
				Scrape scrape = node.scrape();
				assertThat(queries).hasSizeGreaterThan(30).allSatisfy((query) -> assertHas(scrape, query));
			});
		}
	}

	private static void assertHas(Scrape scrape, Query query) {
		assertThat(query.metrics()).isNotEmpty().allSatisfy((metric) -> {
			assertThat(scrape.labels()).containsKey(metric);
			assertThat(scrape.labels().get(metric)).as(metric).containsAll(query.labels());
		});
	}

}
