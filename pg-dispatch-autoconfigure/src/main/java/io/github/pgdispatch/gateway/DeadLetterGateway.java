package io.github.pgdispatch.gateway;

import java.time.Instant;
import java.util.List;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.namedparam.MapSqlParameterSource;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;

/**
 * Lists, retries and deletes the dead letters of the current role, in the transaction
 * that is bound to the current thread, if any. The statements name the role, as row
 * security does not apply to the owner of the table.
 */
public final class DeadLetterGateway {

	private static final String SELECTION = """
			WITH chosen AS MATERIALIZED (
			    SELECT d.*
			      FROM pgdispatch.dead_letter AS d
			     WHERE d.role OPERATOR(pg_catalog.=) pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole
			       AND (:id::bigint IS NULL OR d.id OPERATOR(pg_catalog.=) :id::bigint)
			       AND (:handler::pg_catalog.text IS NULL OR d.handler OPERATOR(pg_catalog.=) :handler::pg_catalog.text)
			       AND (:label::pg_catalog.text IS NULL OR d.label OPERATOR(pg_catalog.=) :label::pg_catalog.text)
			       AND (:sqlState::pg_catalog.text IS NULL OR d.sqlstate OPERATOR(pg_catalog.=) :sqlState::pg_catalog.text)
			       AND d.failed_at OPERATOR(pg_catalog.>=) coalesce(:since::pg_catalog.timestamptz, '-infinity')
			       AND d.failed_at OPERATOR(pg_catalog.<) coalesce(:until::pg_catalog.timestamptz, 'infinity')
			       AND (:text::pg_catalog.text IS NULL OR pg_catalog.strpos(pg_catalog.lower(d.message), pg_catalog.lower(:text::pg_catalog.text)) OPERATOR(pg_catalog.>) 0)
			       %s
			     LIMIT :limit::bigint)
			""";

	private static final String SELECTED = SELECTION.formatted("ORDER BY d.failed_at, d.id");

	private static final String LATEST = SELECTION.formatted(
			"""
					AND ROW(d.failed_at, d.id) OPERATOR(pg_catalog.<) ROW(coalesce(:before::pg_catalog.timestamptz, 'infinity'), :beforeId::bigint)
					     ORDER BY d.failed_at DESC, d.id DESC""");

	private static final String COLUMNS = """
			SELECT c.id, c.command, c.label, c.handler, c.arguments::pg_catalog.text, c.options::pg_catalog.text, c.dispatched_at, c.due_at, c.failed_at,
			       c.attempts, c.crashes, c.sqlstate, c.message, c.detail, c.hint, c.context,
			       %s
			  FROM chosen AS c
			"""
		.formatted(Headers.of("c"));

	private static final String LIST = SELECTED + COLUMNS + " ORDER BY c.failed_at, c.id";

	private static final String LIST_LATEST = LATEST + COLUMNS + " ORDER BY c.failed_at DESC, c.id DESC";

	private static final String GROUPS = LATEST
			+ """
					SELECT g.handler, g.label, g.sqlstate, g.exception, pg_catalog.count(*) AS count,
					       (pg_catalog.array_agg(g.message ORDER BY g.failed_at DESC, g.id DESC))[1] AS message,
					       pg_catalog.min(g.failed_at) AS oldest, pg_catalog.max(g.failed_at) AS latest
					  FROM (SELECT c.handler, c.label, c.sqlstate, pg_catalog.left(c.message, 1000) AS message, c.failed_at, c.id,
					               CASE WHEN c.sqlstate IS NULL THEN pg_catalog.split_part(pg_catalog.split_part(c.message, E'\n', 1), ':', 1) END AS exception
					          FROM chosen AS c) AS g
					 GROUP BY g.handler, g.label, g.sqlstate, g.exception
					 ORDER BY count DESC, latest DESC""";

	private static final String COUNT = SELECTED + "SELECT pg_catalog.count(*) FROM chosen AS c";

	private static final String RETRY = SELECTED
			+ "SELECT pg_catalog.count(*) FILTER (WHERE pgdispatch.retry(c.id)) FROM chosen AS c";

	private static final String DELETE = SELECTED
			+ """
					DELETE FROM pgdispatch.dead_letter AS d
					 USING chosen AS c
					 WHERE d.role OPERATOR(pg_catalog.=) c.role AND d.id OPERATOR(pg_catalog.=) c.id AND d.failed_at OPERATOR(pg_catalog.=) c.failed_at""";

	private final NamedParameterJdbcOperations jdbc;

	/**
	 * Creates a gateway.
	 * @param dataSource of the database that has the schema
	 */
	public DeadLetterGateway(DataSource dataSource) {
		this.jdbc = new NamedParameterJdbcTemplate(dataSource);
	}

	/**
	 * Lists dead letters.
	 * @param selection of the dead letters
	 * @return the dead letters, in the order in which they failed
	 */
	public List<DeadLetterRow> list(DeadLetterSelection selection) {
		return this.jdbc.query(LIST, parameters(selection), DeadLetterRow::of);
	}

	/**
	 * Lists dead letters, the latest first.
	 * @param selection of the dead letters
	 * @param before the time of the failure of the one before the first of the list;
	 * {@code null} for all
	 * @param beforeId the id of that one
	 * @return the dead letters
	 */
	public List<DeadLetterRow> latest(DeadLetterSelection selection, @Nullable Instant before, long beforeId) {
		return this.jdbc.query(LIST_LATEST, parameters(selection, before, beforeId), DeadLetterRow::of);
	}

	/**
	 * Groups dead letters by what has failed and why.
	 * @param selection of the dead letters, of which the latest are chosen
	 * @return the groups, of which the largest is the first
	 */
	public List<DeadLetterGroupRow> groups(DeadLetterSelection selection) {
		return this.jdbc.query(GROUPS, parameters(selection, null, 0), DeadLetterGroupRow::of);
	}

	/**
	 * Counts dead letters.
	 * @param selection of the dead letters
	 * @return their number
	 */
	public long count(DeadLetterSelection selection) {
		Long count = this.jdbc.queryForObject(COUNT, parameters(selection), Long.class);
		return (count != null) ? count : 0;
	}

	/**
	 * Dispatches dead letters again.
	 * @param selection of the dead letters
	 * @return the number of jobs that were dispatched
	 */
	public long retry(DeadLetterSelection selection) {
		Long count = this.jdbc.queryForObject(RETRY, parameters(selection), Long.class);
		return (count != null) ? count : 0;
	}

	/**
	 * Deletes dead letters.
	 * @param selection of the dead letters
	 * @return the number of deleted dead letters
	 */
	public long delete(DeadLetterSelection selection) {
		return this.jdbc.update(DELETE, parameters(selection));
	}

	private static MapSqlParameterSource parameters(DeadLetterSelection selection, @Nullable Instant before,
			long beforeId) {
		return parameters(selection).addValue("before", Instants.argument(before)).addValue("beforeId", beforeId);
	}

	private static MapSqlParameterSource parameters(DeadLetterSelection selection) {
		return new MapSqlParameterSource().addValue("id", selection.id())
			.addValue("handler", selection.handler())
			.addValue("label", selection.label())
			.addValue("sqlState", selection.sqlState())
			.addValue("since", Instants.argument(selection.since()))
			.addValue("until", Instants.argument(selection.until()))
			.addValue("text", selection.text())
			.addValue("limit", selection.limit());
	}

}
