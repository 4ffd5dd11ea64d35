package io.github.pgdispatch;

import java.util.Map;
import java.util.regex.Pattern;

/**
 * Writes the trace of a dispatch in front of its SQL, as a comment in the form of
 * sqlcommenter. In front, it cannot become part of another comment, and it is also there
 * where only the beginning of a long command is shown.
 */
final class TraceComment {

	/**
	 * The form of the W3C. Anything else could end the comment.
	 */
	private static final Pattern TRACEPARENT = Pattern.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");

	private TraceComment() {
	}

	/**
	 * Returns the SQL with a comment, or as it is if the headers have no trace.
	 */
	static String addTo(String sql, Map<String, String> headers) {
		String trace = headers.get("traceparent");
		return (trace != null && TRACEPARENT.matcher(trace).matches()) ? "/*traceparent='" + trace + "'*/ " + sql : sql;
	}

}
