package io.github.pgdispatch.gateway;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.core.namedparam.MapSqlParameterSource;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;

/**
 * The dead letters of the current role, through the transaction that is bound to the
 * current thread, if any. Only its own, whose the table itself may be: then row security
 * does not apply to it.
 */
public final class DeadLetterGateway {

	private static final String CHOSEN = """
			WITH chosen AS MATERIALIZED (
			    SELECT d.*
			      FROM pgdispatch.dead_letter AS d
			     WHERE d.role = quote_ident(CURRENT_USER)::regrole
			       AND (:id::bigint IS NULL OR d.id = :id::bigint)
			       AND (:handler::text IS NULL OR d.handler = :handler::text)
			       AND (:sqlState::text IS NULL OR d.sqlstate = :sqlState::text)
			       AND d.failed_at >= coalesce(:since::timestamptz, '-infinity')
			       AND d.failed_at < coalesce(:until::timestamptz, 'infinity')
			       AND (:text::text IS NULL OR strpos(lower(d.message), lower(:text::text)) > 0)
			     ORDER BY d.failed_at, d.id
			     LIMIT :limit::bigint)
			""";

	private static final String LIST = CHOSEN
			+ """
					SELECT c.id, c.command, c.handler, c.arguments::text, c.options::text, c.dispatched_at, c.due_at, c.failed_at,
					       c.attempts, c.crashes, c.sqlstate, c.message, c.detail, c.hint, c.context,
					       ARRAY(SELECT unnest(ARRAY[h.key, coalesce(h.value, 'null')])
					               FROM json_each_text(CASE json_typeof(c.headers) WHEN 'object' THEN c.headers END) AS h) AS headers
					  FROM chosen AS c
					 ORDER BY c.failed_at, c.id""";

	private static final String RETRY = CHOSEN
			+ "SELECT count(*) FILTER (WHERE pgdispatch.retry(c.id)) FROM chosen AS c";

	private static final String DELETE = CHOSEN + """
			DELETE FROM pgdispatch.dead_letter AS d
			 USING chosen AS c
			 WHERE d.role = c.role AND d.id = c.id AND d.failed_at = c.failed_at""";

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
	 * @param choice which ones
	 * @return the letters, in the order in which they failed
	 */
	public List<DeadLetterRow> list(DeadLetterSelection choice) {
		return this.jdbc.query(LIST, parameters(choice), DeadLetterRow::of);
	}

	/**
	 * Dispatches dead letters again.
	 * @param choice which ones
	 * @return how many
	 */
	public long retry(DeadLetterSelection choice) {
		Long count = this.jdbc.queryForObject(RETRY, parameters(choice), Long.class);
		return (count != null) ? count : 0;
	}

	/**
	 * Deletes dead letters.
	 * @param choice which ones
	 * @return how many
	 */
	public long delete(DeadLetterSelection choice) {
		return this.jdbc.update(DELETE, parameters(choice));
	}

	private static MapSqlParameterSource parameters(DeadLetterSelection choice) {
		return new MapSqlParameterSource().addValue("id", choice.id())
			.addValue("handler", choice.handler())
			.addValue("sqlState", choice.sqlState())
			.addValue("since", time(choice.since()))
			.addValue("until", time(choice.until()))
			.addValue("text", choice.text())
			.addValue("limit", choice.limit());
	}

	private static @Nullable OffsetDateTime time(@Nullable Instant instant) {
		return (instant != null) ? instant.atOffset(ZoneOffset.UTC) : null;
	}

}
