package io.github.pgdispatch.gateway;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Writes jobs, through the transaction that is bound to the current thread, if any.
 */
public final class JobGateway {

	private static final String DISPATCH_PLAIN = "SELECT pgdispatch.dispatch_plain(?, make_interval(secs => ?), ?, nullif(?, 1)::smallint%s)";

	private static final String DISPATCH = "SELECT pgdispatch.dispatch(?, make_interval(secs => ?), ?%s%s)";

	private static final String DISPATCH_ALL = """
			SELECT pgdispatch.fire_all(?::text[], notify => ?, max_attempts => ?%s)""";

	private static final String DISPATCH_ALL_WITH_OPTIONS = """
			SELECT pgdispatch.dispatch(c.command, '0', ?%s%s)
			  FROM unnest(?::text[]) WITH ORDINALITY AS c (command, number)
			 ORDER BY c.number""";

	private static final String DISPATCH_HANDLER_PLAIN = """
			SELECT pgdispatch.dispatch_handler_plain(?, ?::json, make_interval(secs => ?), ?%s)""";

	private static final String DISPATCH_HANDLER = """
			SELECT pgdispatch.dispatch_handler(?, ?::json, make_interval(secs => ?), ?%s%s)""";

	private static final String HEADERS = ", headers => json_object(?::text[], ?::text[])";

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
	 * @param headers by name
	 * @param delay after the start of the transaction, truncated to whole seconds
	 * @param notify whether drivers that rest are to be notified of the commit
	 * @param options that are asked for
	 * @return the id of the job, or of the waiting one that has its key; {@code null} if
	 * this transaction cannot see that one
	 */
	public @Nullable Long dispatch(String command, Map<String, String> headers, Duration delay, boolean notify,
			DispatchOptions options) {
		List<Object> arguments = new ArrayList<>(List.of(command, (double) delay.toSeconds(), notify));
		if (options.isPlain()) {
			arguments.add(options.maxAttempts());
			addHeaders(arguments, headers);
			return this.jdbc.queryForObject(DISPATCH_PLAIN.formatted(sql(headers)), Long.class, arguments.toArray());
		}
		addHeaders(arguments, headers);
		arguments.addAll(options.arguments());
		return this.jdbc.queryForObject(DISPATCH.formatted(sql(headers), options.sql()), Long.class,
				arguments.toArray());
	}

	/**
	 * Writes a job for each of many commands, in one round trip.
	 * @param commands the SQL that each will run
	 * @param headers by name, of each
	 * @param notify whether drivers that rest are to be notified of the commit
	 * @param options that are asked for, of each
	 */
	public void dispatchAll(List<String> commands, Map<String, String> headers, boolean notify,
			DispatchOptions options) {
		String[] texts = commands.toArray(new String[0]);
		if (options.isPlain()) {
			List<Object> arguments = new ArrayList<>(List.of(texts, notify, options.maxAttempts()));
			addHeaders(arguments, headers);
			this.jdbc.query(DISPATCH_ALL.formatted(sql(headers)), (row) -> {
			}, arguments.toArray());
			return;
		}
		List<Object> arguments = new ArrayList<>(List.of(notify));
		addHeaders(arguments, headers);
		arguments.addAll(options.arguments());
		arguments.add(texts);
		this.jdbc.query(DISPATCH_ALL_WITH_OPTIONS.formatted(sql(headers), options.sql()), (row) -> {
		}, arguments.toArray());
	}

	/**
	 * Writes a job that is a call of a handler.
	 * @param handler its name
	 * @param arguments a JSON object
	 * @param headers by name
	 * @param delay after the start of the transaction, truncated to whole seconds
	 * @param notify whether nodes that rest are to be notified of the commit
	 * @param options that are asked for
	 * @return the id of the job, or of the waiting one that has its key; {@code null} if
	 * this transaction cannot see that one
	 */
	public @Nullable Long dispatchHandler(String handler, String arguments, Map<String, String> headers, Duration delay,
			boolean notify, DispatchOptions options) {
		List<Object> all = new ArrayList<>(List.of(handler, arguments, (double) delay.toSeconds(), notify));
		addHeaders(all, headers);
		if (options.values().isEmpty()) {
			return this.jdbc.queryForObject(DISPATCH_HANDLER_PLAIN.formatted(sql(headers)), Long.class, all.toArray());
		}
		all.addAll(options.arguments());
		return this.jdbc.queryForObject(DISPATCH_HANDLER.formatted(sql(headers), options.sql()), Long.class,
				all.toArray());
	}

	private static String sql(Map<String, String> headers) {
		return headers.isEmpty() ? "" : HEADERS;
	}

	private static void addHeaders(List<Object> arguments, Map<String, String> headers) {
		if (!headers.isEmpty()) {
			arguments.add(headers.keySet().toArray(new String[0]));
			arguments.add(headers.values().toArray(new String[0]));
		}
	}

}
