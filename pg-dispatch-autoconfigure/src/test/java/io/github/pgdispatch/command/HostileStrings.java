package io.github.pgdispatch.command;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.core.io.ClassPathResource;

/**
 * Strings that have broken something somewhere, and what can be made of their parts.
 */
final class HostileStrings {

	private static final List<String> PARTS = List.of("'", "\"", "\\", "$$", ":", ";", "?", "--", "/*", "*/", "}", ",",
			"\n", "E'");

	private HostileStrings() {
	}

	static List<String> all() throws IOException {
		Set<String> strings = new LinkedHashSet<>(listed());
		for (String first : PARTS) {
			for (String second : PARTS) {
				strings.add(first + second);
			}
		}
		strings.add("'".repeat(2_001));
		strings.add("\\".repeat(2_001));
		strings.add("\\'".repeat(2_001));
		strings.add("a long text, it's \\ long \" $$ -- ".repeat(1_000) + "'; DELETE FROM canary; --");
		return new ArrayList<>(strings);
	}

	private static List<String> listed() throws IOException {
		try (InputStream stream = new ClassPathResource("hostile-strings.json", HostileStrings.class)
			.getInputStream()) {
			return new JsonMapper().readValue(stream, new TypeReference<List<String>>() {
			});
		}
	}

}
