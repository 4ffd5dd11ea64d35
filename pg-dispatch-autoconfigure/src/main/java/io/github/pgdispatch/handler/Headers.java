package io.github.pgdispatch.handler;

import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads the headers of a job from JSON. Thread-safe.
 */
public final class Headers {

	private final JsonMapper mapper = new JsonMapper();

	/**
	 * Reads headers. A job does not fail because of headers that were set in SQL. A value
	 * that is not a text is returned as JSON. JSON that is not an object has no headers.
	 * @param json the headers as JSON, or {@code null} if there are none
	 * @return the values of the headers by their names
	 */
	public Map<String, String> read(@Nullable String json) {
		Map<String, String> headers = new LinkedHashMap<>();
		if (json != null) {
			for (Map.Entry<String, JsonNode> header : tree(json).properties()) {
				JsonNode value = header.getValue();
				headers.put(header.getKey(), value.isString() ? value.stringValue() : value.toString());
			}
		}
		return headers;
	}

	private JsonNode tree(String json) {
		try {
			return this.mapper.readTree(json);
		}
		catch (JacksonException ex) {
			return this.mapper.createObjectNode();
		}
	}

}
