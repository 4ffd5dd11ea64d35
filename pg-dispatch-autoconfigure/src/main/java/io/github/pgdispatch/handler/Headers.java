package io.github.pgdispatch.handler;

import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The headers of a job, read from their JSON. Thread-safe.
 */
public final class Headers {

	private final JsonMapper mapper = new JsonMapper();

	/**
	 * Reads headers. No job fails for what SQL has put there: what is not a text is taken
	 * as its JSON, and what is no object is no header.
	 * @param json of the headers
	 * @return their values by name
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
