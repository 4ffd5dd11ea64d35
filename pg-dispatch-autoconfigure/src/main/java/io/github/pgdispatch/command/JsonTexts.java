package io.github.pgdispatch.command;

/**
 * Refuses valid JSON that {@code jsonb} cannot store.
 */
final class JsonTexts {

	private JsonTexts() {
	}

	static void refuseNul(String json) {
		for (int i = json.indexOf('\\'); i >= 0; i = json.indexOf('\\', i + 2)) {
			if (json.startsWith("u0000", i + 1)) {
				throw new IllegalArgumentException("it contains \\u0000, which PostgreSQL's jsonb cannot store");
			}
		}
	}

}
