package io.github.pgdispatch.gateway;

import java.time.Duration;
import java.util.Map;

import javax.sql.DataSource;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Writes jobs, through the transaction that is bound to the current thread, if any.
 */
public final class JobGateway {

	private static final String DISPATCH = "SELECT pgdispatch.dispatch(?, make_interval(secs => ?), ?)";

	private static final String DISPATCH_HANDLER = """
			SELECT pgdispatch.dispatch_handler(?, ?::json, make_interval(secs => ?), ?)""";

	private static final String DISPATCH_HANDLER_WITH_HEADERS = """
			SELECT pgdispatch.dispatch_handler(?, ?::json, make_interval(secs => ?), ?, json_object(?::text[], ?::text[]))""";

	private final JdbcOperations jdbc;

	/**
	 * Creates a gateway.
	 * @param dataSource of the database that has the schema
	 */
	public JobGateway(DataSource dataSource) {
		this.jdbc = new JdbcTemplate(dataSource);
	}

	/**
	 * Writes a job.
	 * @param command the SQL that it will run
	 * @param delay after the start of the transaction, truncated to whole seconds
	 * @param notify whether drivers that rest are to be notified of the commit
	 */
	public void dispatch(String command, Duration delay, boolean notify) {
		this.jdbc.query(DISPATCH, (row) -> {
		}, command, (double) delay.toSeconds(), notify);
	}

	/**
	 * Writes a job that is a call of a handler.
	 * @param handler its name
	 * @param arguments a JSON object
	 * @param headers by name
	 * @param delay after the start of the transaction, truncated to whole seconds
	 * @param notify whether nodes that rest are to be notified of the commit
	 */
	public void dispatchHandler(String handler, String arguments, Map<String, String> headers, Duration delay,
			boolean notify) {
		if (headers.isEmpty()) {
			this.jdbc.query(DISPATCH_HANDLER, (row) -> {
			}, handler, arguments, (double) delay.toSeconds(), notify);
		}
		else {
			this.jdbc.query(DISPATCH_HANDLER_WITH_HEADERS, (row) -> {
			}, handler, arguments, (double) delay.toSeconds(), notify, headers.keySet().toArray(new String[0]),
					headers.values().toArray(new String[0]));
		}
	}

}
