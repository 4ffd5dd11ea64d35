package io.github.pgdispatch.command;

import tools.jackson.databind.JsonNode;

/**
 * Jackson's JSON. Jackson need not be there, so that nothing else refers to it.
 */
final class JsonNodes {

	private JsonNodes() {
	}

	static ScalarType<?> type() {
		return ScalarType.of(JsonNode.class, "pg_catalog.jsonb", JsonNodes::text);
	}

	private static String text(JsonNode node) {
		if (node.isMissingNode()) {
			throw new IllegalArgumentException("a missing node is no JSON. Pass null or a NullNode");
		}
		String json = node.toString();
		JsonTexts.refuseNul(json);
		return json;
	}

}
