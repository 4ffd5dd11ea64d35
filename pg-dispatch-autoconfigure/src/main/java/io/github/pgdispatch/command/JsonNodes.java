package io.github.pgdispatch.command;

import tools.jackson.databind.JsonNode;

/**
 * Writes Jackson's {@code JsonNode}. No other class of this package refers to Jackson,
 * which may be missing.
 */
final class JsonNodes {

	private JsonNodes() {
	}

	static ScalarType<?> type() {
		return ScalarType.of(JsonNode.class, "pg_catalog.jsonb", JsonNodes::text);
	}

	private static String text(JsonNode node) {
		if (node.isMissingNode()) {
			throw new IllegalArgumentException("a missing node is not JSON. Pass null or a NullNode");
		}
		String json = node.toString();
		JsonTexts.refuseNul(json);
		return json;
	}

}
