package io.github.pgdispatch.samples.operations;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.yaml.snakeyaml.Yaml;

/**
 * The alert rules.
 */
final class Rules {

	static final Path FILE = Path.of("prometheus", "pg-dispatch-alerts.yml");

	private Rules() {
	}

	/**
	 * Returns the rules with seconds instead of minutes and longer, and with low limits.
	 */
	static String quick() throws IOException {
		return Files.readString(FILE).replaceAll("\\b(\\d+)[mhd]\\b", "$1s").replaceAll("> \\d{2,}", "> 3");
	}

	static List<String> names() throws IOException {
		return values("alert");
	}

	static List<Query> queries() throws IOException {
		return values("expr").stream().map(Query::new).toList();
	}

	private static List<String> values(String key) throws IOException {
		Map<String, List<Map<String, List<Map<String, String>>>>> file = new Yaml().load(Files.readString(FILE));
		return file.get("groups").get(0).get("rules").stream().map((rule) -> rule.get(key)).toList();
	}

}
