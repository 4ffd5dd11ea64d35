package io.github.pgdispatch.samples.operations;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The dashboard.
 *
 * @param json its file
 */
record GrafanaDashboard(JsonNode json) {

	static GrafanaDashboard read() throws IOException {
		return new GrafanaDashboard(
				JsonMapper.shared().readTree(Files.readString(Path.of("grafana", "pg-dispatch-dashboard.json"))));
	}

	List<JsonNode> panels() {
		return this.json.get("panels").valueStream().toList();
	}

	List<JsonNode> variables() {
		return this.json.get("templating").get("list").valueStream().toList();
	}

	/**
	 * Returns the queries of the panels and of the variables, as Grafana would send them.
	 */
	List<Query> queries() {
		Stream<String> panels = panels().stream()
			.flatMap((panel) -> panel.path("targets").valueStream())
			.map((target) -> target.get("expr").stringValue());
		Stream<String> variables = variables().stream()
			.filter((variable) -> variable.get("type").stringValue().equals("query"))
			.map((variable) -> variable.get("query").get("query").stringValue())
			.map((query) -> query.replaceFirst("^label_values\\((.*), (\\w+)\\)$", "group by ($2) ($1)"));
		return Stream.concat(panels, variables).map(GrafanaDashboard::withoutVariables).map(Query::new).toList();
	}

	private static String withoutVariables(String query) {
		return query.replace("$application", "shop").replace("$instance", ".*").replace("$__rate_interval", "10s");
	}

}
