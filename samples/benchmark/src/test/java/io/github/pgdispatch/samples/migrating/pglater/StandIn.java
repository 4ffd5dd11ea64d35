package io.github.pgdispatch.samples.migrating.pglater;

import java.util.List;

/**
 * Stands in for pg_later, of which only its users' functions and its queue in pgmq are
 * here: nothing runs what waits.
 */
final class StandIn {

	static final List<String> STATEMENTS = List.of("CREATE SCHEMA pgmq", "CREATE SCHEMA pglater", """
			CREATE TABLE pgmq.q_pg_later_jobs (msg_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
			    read_ct integer NOT NULL DEFAULT 0, enqueued_at timestamptz NOT NULL DEFAULT now(),
			    vt timestamptz NOT NULL, message jsonb)""",
			"CREATE TABLE pgmq.q_pg_later_results (LIKE pgmq.q_pg_later_jobs INCLUDING ALL)", """
					CREATE FUNCTION pglater.exec(query text, delay bigint DEFAULT 0) RETURNS bigint LANGUAGE sql AS $$
					    INSERT INTO pgmq.q_pg_later_jobs (vt, message)
					    VALUES (clock_timestamp() + delay * interval '1 second', jsonb_build_object('query', query))
					    RETURNING msg_id $$""", """
					CREATE FUNCTION pglater.fetch_results(job_id bigint) RETURNS jsonb LANGUAGE sql AS $$
					    SELECT message FROM pgmq.q_pg_later_results WHERE message ->> 'job_id' = job_id::text $$""");

	private StandIn() {
	}

}
