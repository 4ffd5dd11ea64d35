package io.github.pgdispatch.samples.benchmark.report;

import java.util.List;

import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * All that was measured, as JSON.
 */
public final class JsonReport {

	private final JsonMapper mapper = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

	/**
	 * Writes it.
	 * @param lines what was measured
	 * @return an array of objects
	 */
	public String write(List<Line> lines) {
		return this.mapper.writeValueAsString(lines);
	}

}
