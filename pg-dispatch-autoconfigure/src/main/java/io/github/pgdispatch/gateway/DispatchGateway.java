package io.github.pgdispatch.gateway;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Writes jobs, in the transaction that is bound to the current thread, if any.
 * Thread-safe.
 */
public final class DispatchGateway {

	private static final String HEADERS = "pg_catalog.json_object(?::pg_catalog.text[], ?::pg_catalog.text[])";

	private static final String RETURNING = " RETURNING id";

	private static final Insert INSERT_JOB = Insert
		.of("""
				INSERT INTO pgdispatch.job (role, due_at, command, max_attempts, headers, label)
				VALUES (pgdispatch.wake_drivers_if_idle(?, ?), pg_catalog.now() OPERATOR(pg_catalog.+) pg_catalog.make_interval(secs => ?), pgdispatch.valid_command(?), (pg_catalog.array_remove(ARRAY[?], 1))[1]::smallint, %s, NULL)""");

	private static final Insert INSERT_JOB_RETURNING_ID = INSERT_JOB.returningId();

	private static final Insert INSERT_LABELLED_JOB = INSERT_JOB.labelled();

	private static final Insert INSERT_LABELLED_JOB_RETURNING_ID = INSERT_LABELLED_JOB.returningId();

	private static final Insert INSERT_HANDLER_JOB = Insert
		.of("""
				INSERT INTO pgdispatch.handler_job (role, handler, due_at, arguments, headers)
				VALUES (pgdispatch.wake_nodes_if_idle(?), ?, pg_catalog.now() OPERATOR(pg_catalog.+) pg_catalog.make_interval(secs => ?), pgdispatch.valid_arguments(?, ?::pg_catalog.json), %s)""");

	private static final Insert INSERT_HANDLER_JOB_RETURNING_ID = INSERT_HANDLER_JOB.returningId();

	/**
	 * The node may claim the job as it is written if its lease holds, the current role is
	 * its own, and the handler is not paused. At READ COMMITTED, the statement sees what
	 * was committed before. At a higher isolation level, it could miss a pause or the end
	 * of the lease that the transaction's snapshot does not contain. A function that
	 * finds this out would double the time that the statement takes.
	 */
	private static final Insert INSERT_CLAIMED_JOB = Insert
		.of("""
				INSERT INTO pgdispatch.handler_job (role, handler, due_at, arguments, headers, claimed_by, attempts)
				SELECT pgdispatch.wake_nodes_if_idle(false), ?, pg_catalog.now(), pgdispatch.valid_arguments(?, ?::pg_catalog.json), %s, c.node, pg_catalog.num_nonnulls(c.node)
				  FROM (SELECT (SELECT n.id
				                  FROM pgdispatch.node AS n
				                 WHERE n.role OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole
				                   AND n.id OPERATOR(pg_catalog.=) ?
				                   AND n.expires_at OPERATOR(pg_catalog.>) pg_catalog.clock_timestamp()
				                   AND pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.=) 'read committed'
				                   AND NOT EXISTS (SELECT
				                                     FROM pgdispatch.pause AS p
				                                    WHERE p.role OPERATOR(pg_catalog.=) n.role
				                                      AND p.handler OPERATOR(pg_catalog.=) ANY (ARRAY['', ?::pg_catalog.text])))
				        OFFSET 0) AS c (node)   -- Without OFFSET, the condition would be evaluated twice.
				RETURNING id, ctid, due_at, claimed_by IS NOT NULL AS is_claimed, headers,
				          xmin OPERATOR(pg_catalog.<>) pg_catalog.pg_current_xact_id()::pg_catalog.xid AS in_savepoint""");

	private static final String DISPATCH = "SELECT pgdispatch.dispatch(?, pg_catalog.make_interval(secs => ?), ?%s%s)";

	private static final String DISPATCH_ALL = """
			SELECT pgdispatch.fire_all(?::pg_catalog.text[], notify => ?, max_attempts => ?%s)""";

	private static final String DISPATCH_ALL_WITH_OPTIONS = """
			SELECT pgdispatch.dispatch(c.command, '0', ?%s%s)
			  FROM pg_catalog.unnest(?::pg_catalog.text[]) WITH ORDINALITY AS c (command, number)
			 ORDER BY c.number""";

	private static final String DISPATCH_LIKE = "SELECT pg_catalog.cardinality(pgdispatch.dispatch_like(?, ?::pg_catalog.text[]))";

	private static final String DISPATCH_HANDLER = """
			SELECT pgdispatch.dispatch_handler(?, ?::pg_catalog.json, pg_catalog.make_interval(secs => ?), ?%s%s)""";

	private final JdbcOperations jdbc;

	/**
	 * Creates a gateway.
	 * @param dataSource of the database that has the schema
	 */
	public DispatchGateway(DataSource dataSource) {
		this.jdbc = new JdbcTemplate(dataSource);
	}

	/**
	 * Writes an SQL job.
	 * @param command the SQL of the job
	 * @param headers of the job, by name
	 * @param delay after the start of the transaction, truncated to whole seconds
	 * @param notify whether the commit notifies resting drivers
	 * @param options of the job
	 * @return the id of the job, or of the waiting job that has the same key;
	 * {@code null} if this transaction cannot see that job
	 */
	public @Nullable Long dispatch(String command, Map<String, String> headers, Duration delay, boolean notify,
			DispatchOptions options) {
		if (options.isPlain()) {
			Insert insert = options.has(Option.LABEL) ? INSERT_LABELLED_JOB_RETURNING_ID : INSERT_JOB_RETURNING_ID;
			return query(insert.get(headers), insert(command, headers, delay, notify, options));
		}
		List<Object> arguments = new ArrayList<>(List.of(command, (double) delay.toSeconds(), notify));
		addHeaders(arguments, headers);
		arguments.addAll(options.arguments());
		return query(DISPATCH.formatted(sql(headers), options.sql()), arguments);
	}

	/**
	 * Writes an SQL job without returning its id, which is considerably faster.
	 * @param command the SQL of the job
	 * @param headers of the job, by name
	 * @param delay after the start of the transaction, truncated to whole seconds
	 * @param notify whether the commit notifies resting drivers
	 * @param options of the job
	 */
	public void fire(String command, Map<String, String> headers, Duration delay, boolean notify,
			DispatchOptions options) {
		if (options.isPlain()) {
			Insert insert = options.has(Option.LABEL) ? INSERT_LABELLED_JOB : INSERT_JOB;
			this.jdbc.update(insert.get(headers), insert(command, headers, delay, notify, options).toArray());
		}
		else {
			dispatch(command, headers, delay, notify, options);
		}
	}

	private static List<Object> insert(String command, Map<String, String> headers, Duration delay, boolean notify,
			DispatchOptions options) {
		long seconds = delay.toSeconds();
		List<Object> arguments = new ArrayList<>(
				List.of(seconds == 0, notify, (double) seconds, command, options.maxAttempts()));
		addHeaders(arguments, headers);
		Object label = options.get(Option.LABEL);
		if (label != null) {
			arguments.add(label);
		}
		return arguments;
	}

	/**
	 * Writes an SQL job for each of several commands, in one round trip.
	 * @param commands the SQL of each job
	 * @param headers of each job, by name
	 * @param notify whether the commit notifies resting drivers
	 * @param options of each job
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
	 * Writes more jobs like one of a batch that the current transaction has written.
	 * @param id of that job, which has no key
	 * @param contents the SQL of each, or the arguments of each as a JSON object
	 */
	public void dispatchLike(long id, List<String> contents) {
		this.jdbc.query(DISPATCH_LIKE, (row) -> {
		}, id, contents.toArray(new String[0]));
	}

	/**
	 * Writes a job of a handler.
	 * @param handler the name of the handler
	 * @param arguments of the handler, as a JSON object
	 * @param headers of the job, by name
	 * @param delay after the start of the transaction, truncated to whole seconds
	 * @param notify whether the commit notifies resting nodes
	 * @param options of the job
	 * @return the id of the job, or of the waiting job that has the same key;
	 * {@code null} if this transaction cannot see that job
	 */
	public @Nullable Long dispatchHandler(String handler, String arguments, Map<String, String> headers, Duration delay,
			boolean notify, DispatchOptions options) {
		if (options.values().isEmpty()) {
			return query(INSERT_HANDLER_JOB_RETURNING_ID.get(headers),
					insertHandler(handler, arguments, headers, delay, notify));
		}
		List<Object> all = new ArrayList<>(List.of(handler, arguments, (double) delay.toSeconds(), notify));
		addHeaders(all, headers);
		all.addAll(options.arguments());
		return query(DISPATCH_HANDLER.formatted(sql(headers), options.sql()), all);
	}

	/**
	 * Writes a job of a handler without returning its id.
	 * @param handler the name of the handler
	 * @param arguments of the handler, as a JSON object
	 * @param headers of the job, by name
	 * @param delay after the start of the transaction, truncated to whole seconds
	 * @param notify whether the commit notifies resting nodes
	 * @param options of the job
	 */
	public void fireHandler(String handler, String arguments, Map<String, String> headers, Duration delay,
			boolean notify, DispatchOptions options) {
		if (options.values().isEmpty()) {
			this.jdbc.update(INSERT_HANDLER_JOB.get(headers),
					insertHandler(handler, arguments, headers, delay, notify).toArray());
		}
		else {
			dispatchHandler(handler, arguments, headers, delay, notify, options);
		}
	}

	/**
	 * Writes a plain job of a handler that is due at once, with the claim of a node on it
	 * if the node's lease holds and the handler is not paused. Notifies nobody.
	 * @param node that claims the job
	 * @param handler the name of the handler
	 * @param arguments of the handler, as a JSON object
	 * @param headers of the job, by name
	 * @return the row
	 */
	public ClaimedRow dispatchClaimed(UUID node, String handler, String arguments, Map<String, String> headers) {
		List<Object> all = new ArrayList<>(List.of(handler, handler, arguments));
		addHeaders(all, headers);
		all.add(node);
		all.add(handler);
		return Objects.requireNonNull(this.jdbc.queryForObject(INSERT_CLAIMED_JOB.get(headers), (row, number) -> {
			OffsetDateTime now = row.getObject("due_at", OffsetDateTime.class);
			Claim claim = new Claim(handler, now, row.getLong("id"), 1, now, arguments, row.getString("headers"), null,
					null, false, false);
			return new ClaimedRow(claim, row.getString("ctid"), row.getBoolean("is_claimed"),
					row.getBoolean("in_savepoint"));
		}, all.toArray()));
	}

	private static List<Object> insertHandler(String handler, String arguments, Map<String, String> headers,
			Duration delay, boolean notify) {
		List<Object> all = new ArrayList<>(List.of(notify, handler, (double) delay.toSeconds(), handler, arguments));
		addHeaders(all, headers);
		return all;
	}

	private @Nullable Long query(String sql, List<Object> arguments) {
		return this.jdbc.queryForObject(sql, Long.class, arguments.toArray());
	}

	private static String sql(Map<String, String> headers) {
		return headers.isEmpty() ? "" : ", headers => " + HEADERS;
	}

	private static void addHeaders(List<Object> arguments, Map<String, String> headers) {
		if (!headers.isEmpty()) {
			arguments.add(headers.keySet().toArray(new String[0]));
			arguments.add(headers.values().toArray(new String[0]));
		}
	}

	/**
	 * A statement with and without headers, formatted once.
	 */
	private record Insert(String plain, String withHeaders) {

		static Insert of(String sql) {
			return new Insert(sql.formatted("NULL"), sql.formatted(HEADERS));
		}

		Insert labelled() {
			return new Insert(this.plain.replace(", NULL)", ", ?)"), this.withHeaders.replace(", NULL)", ", ?)"));
		}

		Insert returningId() {
			return new Insert(this.plain + RETURNING, this.withHeaders + RETURNING);
		}

		String get(Map<String, String> headers) {
			return headers.isEmpty() ? this.plain : this.withHeaders;
		}

	}

}
