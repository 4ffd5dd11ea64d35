package io.github.pgdispatch.gateway;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads the headers of jobs.
 */
final class Headers {

	private Headers() {
	}

	/**
	 * Returns the headers of a row as an expression: an array of names, each followed by
	 * its value. It is empty if the row has no headers, or something that is none.
	 * @param row the alias of the row
	 */
	static String of(String row) {
		return """
				ARRAY(SELECT pg_catalog.unnest(ARRAY[h.key, coalesce(h.value, 'null')])
				        FROM pg_catalog.json_each_text(CASE WHEN pg_catalog.json_typeof(%1$s.headers) OPERATOR(pg_catalog.=) 'object' THEN %1$s.headers END) AS h) AS headers"""
			.formatted(row);
	}

	static Map<String, String> read(ResultSet row) throws SQLException {
		String[] namesAndValues = (String[]) row.getArray("headers").getArray();
		Map<String, String> headers = new LinkedHashMap<>();
		for (int i = 0; i < namesAndValues.length; i += 2) {
			headers.put(namesAndValues[i], namesAndValues[i + 1]);
		}
		return headers;
	}

}
