-- What waits, runs and has failed, in numbers, for people and for whatever watches the database.
--
-- Counting a backlog takes as long as the backlog is large. What is counted here is therefore bounded: of each role, the first 2000
-- jobs of each kind that are due, snoozed or held, of each handler as many, and the last 2000 dead letters.
--
-- A role sees the numbers of its own jobs. Roles that may execute status_of_all_roles see those of all roles: the owner of the schema
-- and the roles that grant_monitoring_to names. This function runs with the rights of the owner, to whom the policy "monitoring" of
-- each table shows all rows for as long as it runs. It returns numbers, ages and names, and never a command, an argument or a key.

CREATE OR REPLACE FUNCTION pgdispatch.status(
    OUT role regrole, OUT kind text, OUT name text, OUT queue text, OUT state text, OUT count bigint, OUT is_exact boolean,
    OUT max_count bigint, OUT oldest interval)
RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF has_function_privilege('pgdispatch.status_of_all_roles()', 'EXECUTE') THEN
        RETURN QUERY SELECT s.* FROM pgdispatch.status_of_all_roles() AS s;
    ELSE
        RETURN QUERY SELECT s.* FROM pgdispatch.status_of(quote_ident(CURRENT_USER)::regrole) AS s;
    END IF;
    RETURN QUERY SELECT NULL::regrole, s.* FROM pgdispatch.table_health() AS s;
END
$$;

COMMENT ON FUNCTION pgdispatch.status() IS
'Returns what waits, runs and has failed, in numbers: for the current role or, for the owner of the schema and for roles that
pgdispatch.grant_monitoring_to names, for all roles. kind says what a row is about:
sql and handler: jobs, by label or handler (name), queue and state, which is waiting (due, or in a chunk that runs),
running, snoozed or held (by its order, its queue, a pause, a circuit breaker or the batch that it follows). oldest is the time for which the oldest of them has been due or, if
they are running, has been running.
dead_letter: jobs that failed for good, by label or handler and by queue. oldest is the time since the oldest failed.
queue: a queue by its name, with the number of its jobs that run or may run and its concurrency (max_count; NULL: no limit). state is
open or paused. pause: a handler that is paused; without a name, all jobs of the role are.
schedule: a schedule by its name, with the number of due times that got no job. state is that of pgdispatch.schedules; oldest is the time for
which its next due time has passed.
breaker: a circuit breaker that has tripped, of a handler (name) or of a queue, with the number of failed attempts in a row. oldest is the
time since it tripped.
application: whether an application that runs the role''s SQL jobs is connected (1) or not (0); where the database has no pg_cron, also 0
while all of them are busy. node: nodes that have claims.
cron_worker: workers of pg_cron, by their purpose (name). batch: batches that have not ended; oldest is the time since the oldest was
dispatched.
table: dead rows of a table (name); oldest is the time since the last vacuum. snapshot: the oldest transaction or replication slot
(name) that keeps dead rows from being removed. count is its age in transactions.
is_exact is false if count is a lower bound or an estimate. Columns that do not apply are NULL. The cost does not grow with
the number of jobs: it reads up to 2000 jobs of each kind that are due, snoozed and held, and of each handler as many.
Example: SELECT kind, name, state, count, oldest FROM pgdispatch.status()';


CREATE OR REPLACE FUNCTION pgdispatch.status_of_all_roles(
    OUT role regrole, OUT kind text, OUT name text, OUT queue text, OUT state text, OUT count bigint, OUT is_exact boolean,
    OUT max_count bigint, OUT oldest interval)
RETURNS SETOF record
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    each_role regrole;
BEGIN
    PERFORM set_config('pgdispatch.monitoring', 'on', true);   -- An error undoes this.
    FOR each_role IN SELECT r.oid::regrole FROM pg_roles AS r WHERE r.rolcanlogin ORDER BY r.oid LOOP
        IF EXISTS (SELECT FROM pgdispatch.job AS j WHERE j.role = each_role)
           OR EXISTS (SELECT FROM pgdispatch.handler_job AS j WHERE j.role = each_role)
           OR EXISTS (SELECT FROM pgdispatch.dead_letter AS d WHERE d.role = each_role)
           OR EXISTS (SELECT FROM pgdispatch.queue AS q WHERE q.role = each_role)
           OR EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = each_role)
           OR EXISTS (SELECT FROM pgdispatch.schedule AS s WHERE s.role = each_role)
           OR EXISTS (SELECT FROM pgdispatch.node AS n WHERE n.role = each_role)
           OR EXISTS (SELECT FROM pgdispatch.cron_worker AS w WHERE w.role = each_role)
           OR EXISTS (SELECT FROM pgdispatch.batch AS b WHERE b.role = each_role AND b.ended_at IS NULL)
           OR EXISTS (SELECT FROM pgdispatch.lock_holders(pgdispatch.application_lock(each_role))) THEN
            RETURN QUERY SELECT s.* FROM pgdispatch.status_of(each_role) AS s;
        END IF;
    END LOOP;
    PERFORM set_config('pgdispatch.monitoring', 'off', true);
END
$$;

COMMENT ON FUNCTION pgdispatch.status_of_all_roles() IS
'Part of pgdispatch.status. Returns the rows of all roles that have jobs, schedules, dead letters, queues, pauses, nodes, workers or batches. Whoever
may execute it sees them.';


CREATE OR REPLACE FUNCTION pgdispatch.status_of(
    INOUT role regrole, OUT kind text, OUT name text, OUT queue text, OUT state text, OUT count bigint, OUT is_exact boolean,
    OUT max_count bigint, OUT oldest interval)
RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    bound  constant integer     := 2000;
    moment constant timestamptz := clock_timestamp();
    worker constant regrole     := status_of.role;
    nodes  constant uuid[]      := pgdispatch.live_nodes(worker);
    paused constant text[]      := ARRAY(SELECT p.handler FROM pgdispatch.pause AS p WHERE p.role = worker);
BEGIN
    RETURN QUERY
        SELECT worker, 'sql'::text, s.label, s.queue, s.state, count(*), bool_and(s.is_exact), NULL::bigint, moment - min(s.since)
          FROM (SELECT j.label, m.queue, v.state, j.is_exact,
                       CASE WHEN v.state = 'running' THEN m.started_at WHEN coalesce(m.due_at, j.due_at) <= moment THEN coalesce(m.due_at, j.due_at) END AS since
                  FROM pgdispatch.first_jobs(worker, moment, bound) AS j
                  LEFT JOIN pgdispatch.managed_job AS m ON j.managed AND m.role = worker AND m.id = j.id,
                       LATERAL (SELECT pgdispatch.state_of_command('' = ANY (paused), j.due_at > moment, m.started_at, m.held_by)) AS v (state)) AS s
         GROUP BY s.label, s.queue, s.state;

    RETURN QUERY
        SELECT worker, 'handler'::text, s.handler, s.queue, s.state, count(*), bool_and(s.is_exact), NULL::bigint, moment - min(s.since)
          FROM (SELECT h.handler, m.queue, v.state, j.is_exact,
                       CASE WHEN v.state <> 'running' AND coalesce(m.due_at, j.due_at) <= moment THEN coalesce(m.due_at, j.due_at) END AS since
                  FROM pgdispatch.handlers_of(worker) AS h (handler),
                       pgdispatch.first_handler_jobs(worker, h.handler, moment, bound) AS j
                  LEFT JOIN pgdispatch.managed_job AS m ON j.managed AND m.role = worker AND m.id = j.id,
                       LATERAL (SELECT pgdispatch.state_of_call(j.claimed_by = ANY (nodes), ARRAY['', h.handler] && paused, j.due_at > moment, m.held_by)) AS v (state)) AS s
         GROUP BY s.handler, s.queue, s.state;

    RETURN QUERY
        SELECT worker, 'dead_letter'::text, d.name, d.queue, NULL::text, count(*), bool_and(d.is_exact), NULL::bigint, moment - min(d.failed_at)
          FROM (SELECT coalesce(l.handler, l.label) AS name, l.options ->> 'queue' AS queue, l.failed_at, count(*) OVER () <= bound AS is_exact
                  FROM (SELECT * FROM pgdispatch.dead_letter AS d WHERE d.role = worker ORDER BY d.failed_at DESC LIMIT bound + 1) AS l) AS d
         GROUP BY d.name, d.queue;

    RETURN QUERY
        SELECT worker, 'queue'::text, q.name, q.name, CASE WHEN q.paused THEN 'paused' ELSE 'open' END,
               r.count, r.count <= bound, q.concurrency::bigint, NULL::interval
          FROM pgdispatch.queue AS q,
               LATERAL (SELECT count(*)
                          FROM (SELECT FROM pgdispatch.managed_job AS m
                                 WHERE m.role = worker AND m.queue = q.name AND m.in_queue
                                 LIMIT bound + 1) AS l) AS r
         WHERE q.role = worker
        UNION ALL
        SELECT worker, 'pause', nullif(p.handler, ''), NULL, NULL, NULL, NULL, NULL, NULL FROM pgdispatch.pause AS p WHERE p.role = worker AND NOT p.by_breaker
        UNION ALL
        SELECT worker, 'breaker', nullif(b.handler, ''), nullif(b.queue, ''), 'tripped', b.failures, true, NULL, moment - b.tripped_at
          FROM pgdispatch.breaker AS b
         WHERE b.role = worker AND b.tripped_at IS NOT NULL
        UNION ALL
        SELECT worker, 'schedule', s.name, NULL, pgdispatch.state_of_schedule(s, moment), s.skipped, true, NULL,
               CASE WHEN NOT s.paused AND s.next_at < moment THEN moment - s.next_at END
          FROM pgdispatch.schedule AS s WHERE s.role = worker
        UNION ALL
        SELECT worker, 'application', NULL, NULL, NULL, least(count(*), 1), true, NULL, NULL
          FROM unnest(ARRAY[pgdispatch.application_lock(worker), pgdispatch.idle_driver_lock(worker)]) AS k (lock),
               LATERAL pgdispatch.lock_holders(k.lock)
        UNION ALL
        SELECT worker, 'node', NULL, NULL, NULL, cardinality(nodes), true, NULL, NULL
        UNION ALL
        SELECT worker, 'cron_worker', w.purpose, NULL, NULL, count(*), true, NULL, NULL FROM pgdispatch.cron_worker AS w WHERE w.role = worker GROUP BY w.purpose
        UNION ALL
        SELECT worker, 'batch', NULL, NULL, NULL, count(*), count(*) <= bound, NULL, moment - min(b.dispatched_at)
          FROM (SELECT u.dispatched_at FROM pgdispatch.batch AS u WHERE u.role = worker AND u.ended_at IS NULL ORDER BY u.id LIMIT bound + 1) AS b;
END
$$;

COMMENT ON FUNCTION pgdispatch.status_of(regrole) IS
'Part of pgdispatch.status. Returns the rows of one role, as far as row security shows them.';


CREATE OR REPLACE FUNCTION pgdispatch.first_jobs(
    worker regrole, moment timestamptz, max_count integer,
    OUT id bigint, OUT due_at timestamptz, OUT managed boolean, OUT label text, OUT is_exact boolean)
RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT j.id, j.due_at, j.managed, j.label, count(*) OVER () <= max_count
          FROM (SELECT * FROM pgdispatch.job AS d WHERE d.role = worker AND d.due_at <= moment ORDER BY d.due_at, d.id LIMIT max_count + 1) AS j;
    RETURN QUERY
        SELECT j.id, j.due_at, j.managed, j.label, count(*) OVER () <= max_count
          FROM (SELECT * FROM pgdispatch.job AS d WHERE d.role = worker AND d.due_at > moment AND d.due_at < 'infinity'
                 ORDER BY d.due_at, d.id LIMIT max_count + 1) AS j;
    RETURN QUERY
        SELECT j.id, j.due_at, j.managed, j.label, count(*) OVER () <= max_count
          FROM (SELECT * FROM pgdispatch.job AS d WHERE d.role = worker AND d.due_at = 'infinity' ORDER BY d.id LIMIT max_count + 1) AS j;
END
$$;

COMMENT ON FUNCTION pgdispatch.first_jobs(regrole, timestamptz, integer) IS
'Part of pgdispatch.status. Returns the first SQL jobs of the role that are due, that are snoozed and that are held, of each one more
than max_count at most. is_exact tells whether these are all.';


CREATE OR REPLACE FUNCTION pgdispatch.first_handler_jobs(
    worker regrole, handler_name text, moment timestamptz, max_count integer,
    OUT id bigint, OUT due_at timestamptz, OUT managed boolean, OUT claimed_by uuid, OUT is_exact boolean)
RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT j.id, j.due_at, j.managed, j.claimed_by, count(*) OVER () <= max_count
          FROM (SELECT * FROM pgdispatch.handler_job AS d WHERE d.role = worker AND d.handler = handler_name AND d.due_at <= moment
                 ORDER BY d.due_at, d.id LIMIT max_count + 1) AS j;
    RETURN QUERY
        SELECT j.id, j.due_at, j.managed, j.claimed_by, count(*) OVER () <= max_count
          FROM (SELECT * FROM pgdispatch.handler_job AS d WHERE d.role = worker AND d.handler = handler_name AND d.due_at > moment AND d.due_at < 'infinity'
                 ORDER BY d.due_at, d.id LIMIT max_count + 1) AS j;
    RETURN QUERY
        SELECT j.id, j.due_at, j.managed, j.claimed_by, count(*) OVER () <= max_count
          FROM (SELECT * FROM pgdispatch.handler_job AS d WHERE d.role = worker AND d.handler = handler_name AND d.due_at = 'infinity'
                 ORDER BY d.id LIMIT max_count + 1) AS j;
END
$$;

COMMENT ON FUNCTION pgdispatch.first_handler_jobs(regrole, text, timestamptz, integer) IS
'Part of pgdispatch.status. Returns the first jobs of a handler as pgdispatch.first_jobs does for commands.';


CREATE OR REPLACE FUNCTION pgdispatch.handlers_of(worker regrole) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    found_handler text := '';
BEGIN
    LOOP   -- From one handler to the next, without the jobs in between.
        SELECT j.handler
          INTO found_handler
          FROM pgdispatch.handler_job AS j
         WHERE j.role = worker AND j.handler > found_handler
         ORDER BY j.handler
         LIMIT 1;
        EXIT WHEN NOT FOUND;
        RETURN NEXT found_handler;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.handlers_of(regrole) IS
'Returns the handlers of the role''s jobs, in the order of their names.';


-- Two expressions, which PostgreSQL puts into the queries that read many jobs.

CREATE OR REPLACE FUNCTION pgdispatch.state_of_command(is_paused boolean, is_snoozed boolean, started_at timestamptz, held_by text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN started_at IS NOT NULL THEN 'running'
                WHEN held_by OPERATOR(pg_catalog.=) ANY (ARRAY['order', 'queue', 'batch']) THEN 'held'
                WHEN is_snoozed AND held_by IS NULL THEN 'snoozed'
                WHEN is_paused THEN 'held'
                ELSE 'waiting'
           END
$$;

COMMENT ON FUNCTION pgdispatch.state_of_command(boolean, boolean, timestamptz, text) IS
'Part of pgdispatch.status and pgdispatch.jobs. Returns the state of a SQL job, as far as its rows tell it.';


CREATE OR REPLACE FUNCTION pgdispatch.state_of_call(is_claimed boolean, is_paused boolean, is_snoozed boolean, held_by text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN is_claimed THEN 'running'
                WHEN held_by IS NOT NULL THEN 'held'
                WHEN is_snoozed THEN 'snoozed'
                WHEN is_paused THEN 'held'
                ELSE 'waiting'
           END
$$;

COMMENT ON FUNCTION pgdispatch.state_of_call(boolean, boolean, boolean, text) IS
'Part of pgdispatch.status, pgdispatch.jobs and pgdispatch.find. Returns the state of a job of a handler.';


-- A job that was born claimed is visible to its own transaction before it runs. No other transaction can see it then.
CREATE OR REPLACE FUNCTION pgdispatch.is_running(claimed_by uuid, nodes uuid[], dispatched_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT claimed_by OPERATOR(pg_catalog.=) ANY (nodes) AND dispatched_at OPERATOR(pg_catalog.<>) pg_catalog.now()
$$;

COMMENT ON FUNCTION pgdispatch.is_running(uuid, uuid[], timestamptz) IS
'Part of pgdispatch.jobs, pgdispatch.find and pgdispatch.cancel. Returns whether a job of a handler runs: it is claimed by one of these
nodes, and was not dispatched by this transaction.';


CREATE OR REPLACE FUNCTION pgdispatch.table_health(
    OUT kind text, OUT name text, OUT queue text, OUT state text, OUT count bigint, OUT is_exact boolean, OUT max_count bigint, OUT oldest interval)
RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT 'table'::text, c.relname::text, NULL::text, NULL::text, pg_stat_get_dead_tuples(c.oid), false, NULL::bigint,
               clock_timestamp() - greatest(pg_stat_get_last_autovacuum_time(c.oid), pg_stat_get_last_vacuum_time(c.oid))
          FROM pg_class AS c
         WHERE c.relnamespace = 'pgdispatch'::regnamespace AND c.relkind = 'r' AND pg_stat_get_dead_tuples(c.oid) > 0
         ORDER BY 5 DESC;
    RETURN QUERY
        SELECT 'snapshot'::text, s.name, NULL::text, NULL::text, age(s.xmin)::bigint, true, NULL::bigint, clock_timestamp() - s.since
          FROM (SELECT format('session %s', a.pid) AS name, a.backend_xmin AS xmin, a.xact_start AS since
                  FROM pg_stat_get_activity(NULL) AS a
                  JOIN pg_database AS d ON d.oid = a.datid
                 WHERE d.datname = current_database() AND a.pid <> pg_backend_pid()
                UNION ALL
                SELECT format('prepared transaction %s', p.gid), p.transaction, p.prepared FROM pg_prepared_xacts AS p WHERE p.database = current_database()
                UNION ALL
                SELECT format('replication slot %s', r.slot_name), r.xmin, NULL FROM pg_replication_slots AS r) AS s
         WHERE s.xmin IS NOT NULL
         ORDER BY age(s.xmin) DESC
         LIMIT 1;
END
$$;

COMMENT ON FUNCTION pgdispatch.table_health() IS
'Part of pgdispatch.status. Returns the dead rows of the tables, and the oldest snapshot that keeps them.';
