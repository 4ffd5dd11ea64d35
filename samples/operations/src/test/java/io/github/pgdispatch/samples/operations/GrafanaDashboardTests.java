package io.github.pgdispatch.samples.operations;

import java.io.IOException;
import java.util.List;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that Grafana can make sense of the dashboard.
 */
class GrafanaDashboardTests {

	private final GrafanaDashboard dashboard;

	GrafanaDashboardTests() throws IOException {
		this.dashboard = GrafanaDashboard.read();
	}

	@Test
	void panelsHaveIdsTitlesAndDescriptionsOfTheirOwn() {
		List<JsonNode> panels = this.dashboard.panels();
		assertThat(panels).extracting((panel) -> panel.get("id").intValue()).doesNotHaveDuplicates();
		assertThat(panels).extracting((panel) -> panel.get("title").stringValue()).doesNotHaveDuplicates();
		assertThat(panels).filteredOn((panel) -> !panel.get("type").stringValue().equals("row"))
			.isNotEmpty()
			.extracting((panel) -> panel.get("description").stringValue())
			.doesNotHaveDuplicates()
			.allSatisfy((description) -> assertThat(description).endsWith("."));
	}

	@Test
	void panelsDoNotOverlap() {
		List<JsonNode> places = this.dashboard.panels().stream().map((panel) -> panel.get("gridPos")).toList();
		assertThat(places).allSatisfy(
				(place) -> assertThat(place.get("x").intValue() + place.get("w").intValue()).isLessThanOrEqualTo(24));
		assertThat(places).allSatisfy(
				(place) -> assertThat(places).filteredOn((other) -> overlap(place, other)).containsExactly(place));
	}

	private static boolean overlap(JsonNode one, JsonNode other) {
		return overlap(one, other, "x", "w") && overlap(one, other, "y", "h");
	}

	private static boolean overlap(JsonNode one, JsonNode other, String start, String length) {
		int begin = one.get(start).intValue();
		int otherBegin = other.get(start).intValue();
		return begin < otherBegin + other.get(length).intValue() && otherBegin < begin + one.get(length).intValue();
	}

	@Test
	void everythingComesFromTheChosenDataSourceAndApplication() {
		assertThat(this.dashboard.variables()).extracting((variable) -> variable.get("name").stringValue())
			.containsExactly("datasource", "application", "instance");
		assertThat(this.dashboard.json().findValues("datasource"))
			.allSatisfy((source) -> assertThat(source.get("uid").stringValue()).isEqualTo("${datasource}"));
		assertThat(this.dashboard.json().findValuesAsString("expr")).isNotEmpty()
			.allSatisfy((query) -> assertThat(query).contains("application=\"$application\""));
	}

}
