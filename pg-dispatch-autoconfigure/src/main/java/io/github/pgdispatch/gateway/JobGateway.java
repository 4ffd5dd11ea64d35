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

	private static final String DISPATCH = "SELECT pgdispatch.dispatch(?, make_interval(secs => ?), ?, ?)";

	private static final String DISPATCH_WITH_OPTIONS = "SELECT pgdispatch.dispatch(?, make_interval(secs => ?), ?%s)";

	private static final String DISPATCH_ALL = """
			SELECT pgdispatch.fire_all(?::text[], notify => ?, max_attempts => ?)""";

	private static final String DISPATCH_ALL_WITH_OPTIONS = """
			SELECT pgdispatch.dispatch(c.command, '0', ?%s)
			  FROM unnest(?::text[]) WITH ORDINALITY AS c (command, number)
			 ORDER BY c.number""";

	private static final String DISPATCH_HANDLER = """
			SELECT pgdispatch.dispatch_handler(?, ?::json, make_interval(secs => ?), ?%s%s)""";

	private static final String HEADERS = ", json_object(?::text[], ?::text[])";

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
	 * @param options that are asked for
	 * @return the id of the job, or of the waiting one that has its key; {@code null} if
	 * this transaction cannot see that one
	 */
	public @Nullable Long dispatch(String command, Duration delay, boolean notify, DispatchOptions options) {
		if (options.isPlain()) {
			return this.jdbc.queryForObject(DISPATCH, Long.class, command, (double) delay.toSeconds(), notify,
					options.maxAttempts());
		}
		List<Object> arguments = new ArrayList<>(List.of(command, (double) delay.toSeconds(), notify));
		arguments.addAll(options.arguments());
		return this.jdbc.queryForObject(DISPATCH_WITH_OPTIONS.formatted(options.sql()), Long.class,
				arguments.toArray());
	}

	/**
	 * Writes a job for each of many commands, in one round trip.
	 * @param commands the SQL that each will run
	 * @param notify whether drivers that rest are to be notified of the commit
	 * @param options that are asked for, of each
	 */
	public void dispatchAll(List<String> commands, boolean notify, DispatchOptions options) {
		String[] texts = commands.toArray(new String[0]);
		if (options.isPlain()) {
			this.jdbc.query(DISPATCH_ALL, (row) -> {
			}, texts, notify, options.maxAttempts());
			return;
		}
		List<Object> arguments = new ArrayList<>(List.of(notify));
		arguments.addAll(options.arguments());
		arguments.add(texts);
		this.jdbc.query(DISPATCH_ALL_WITH_OPTIONS.formatted(options.sql()), (row) -> {
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
		if (!headers.isEmpty()) {
			all.add(headers.keySet().toArray(new String[0]));
			all.add(headers.values().toArray(new String[0]));
		}
		all.addAll(options.arguments());
		return this.jdbc.queryForObject(DISPATCH_HANDLER.formatted(headers.isEmpty() ? "" : HEADERS, options.sql()),
				Long.class, all.toArray());
	}

}
