-- Lists of jobs, page by page.

CREATE OR REPLACE FUNCTION pgdispatch.jobs(
    INOUT kind text DEFAULT NULL, INOUT name text DEFAULT NULL, INOUT queue text DEFAULT NULL, INOUT state text DEFAULT NULL,
    after_place timestamptz DEFAULT '-infinity', after_id bigint DEFAULT 0, max_count integer DEFAULT 100,
    OUT place timestamptz, OUT id bigint, OUT dispatched_at timestamptz, OUT due_at timestamptz, OUT attempts integer,
    OUT sqlstate text, OUT message text, OUT headers json)
RETURNS SETOF record
LANGUAGE plpgsql
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
    caller  constant regrole     := quote_ident(CURRENT_USER)::regrole;
    moment  constant timestamptz := clock_timestamp();
    nodes   constant uuid[]      := pgdispatch.nodes_of(caller);
    paused  constant text[]      := pgdispatch.paused_handlers();
    -- The last 32 bits of the ids of the SQL jobs that run alone.
    running constant bigint[]    := ARRAY(SELECT l.objid::bigint
                                            FROM pg_locks AS l
                                           WHERE l.locktype = 'advisory' AND l.granted AND l.classid::bigint = pgdispatch.execution_lock(0) >> 32);
BEGIN
    IF jobs.state NOT IN ('waiting', 'running', 'snoozed', 'held') OR jobs.kind NOT IN ('sql', 'handler') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = CASE WHEN jobs.kind NOT IN ('sql', 'handler') THEN format('pgdispatch: the kind is %s', jobs.kind)
                           ELSE format('pgdispatch: the state is %s', jobs.state)
                      END,
            HINT = 'The kind is sql or handler, and the state is waiting, running, snoozed or held. Leave them out for all jobs.';
    END IF;
    RETURN QUERY
        (SELECT 'sql'::text, j.label, m.queue, v.state, j.due_at, j.id, j.dispatched_at, coalesce(m.due_at, j.due_at),
                coalesce(m.attempts, 0), m.sqlstate, m.message, j.headers
           FROM pgdispatch.job AS j
           LEFT JOIN pgdispatch.managed_job AS m ON j.managed AND m.role = j.role AND m.id = j.id,
                LATERAL (SELECT CASE WHEN (j.id & 4294967295) = ANY (running) AND m.id IS NULL THEN 'running'
                                     ELSE pgdispatch.state_of_command('' = ANY (paused), j.due_at > moment, m.started_at, m.held_by)
                                END) AS v (state)
          WHERE j.role = caller
            AND (j.due_at, j.id) > (after_place, after_id)
            AND (jobs.kind = 'sql') IS NOT FALSE
            AND (jobs.name IS NULL OR j.label = jobs.name)
            AND (jobs.queue IS NULL OR m.queue = jobs.queue)
            AND (jobs.state IS NULL OR v.state = jobs.state)
          ORDER BY j.due_at, j.id
          LIMIT max_count)
        UNION ALL
        SELECT 'handler', h.*
          FROM pgdispatch.handlers_of(caller) AS n (handler),
               LATERAL (SELECT j.handler, m.queue, v.state, j.due_at, j.id, j.dispatched_at, coalesce(m.due_at, j.due_at),
                               j.attempts, j.sqlstate, j.message, j.headers
                          FROM pgdispatch.handler_job AS j
                          LEFT JOIN pgdispatch.managed_job AS m ON j.managed AND m.role = j.role AND m.id = j.id,
                               LATERAL (SELECT pgdispatch.state_of_call(j.claimed_by = ANY (nodes), ARRAY['', j.handler] && paused, j.due_at > moment, m.held_by)) AS v (state)
                         WHERE j.role = caller
                           AND j.handler = n.handler
                           AND (j.due_at, j.id) > (after_place, after_id)
                           AND (jobs.queue IS NULL OR m.queue = jobs.queue)
                           AND (jobs.state IS NULL OR v.state = jobs.state)
                         ORDER BY j.due_at, j.id
                         LIMIT max_count) AS h
         WHERE (jobs.kind = 'handler') IS NOT FALSE
           AND (jobs.name IS NULL OR n.handler = jobs.name)
         ORDER BY 5, 6
         LIMIT max_count;
END
$$;

COMMENT ON FUNCTION pgdispatch.jobs(text, text, text, text, timestamptz, bigint, integer) IS
'Lists the jobs of the current role that wait or run, in the order of their places, which is that of their due times, changed by
priorities; a held job has the place infinity. The arguments choose jobs; NULL stands for all.
kind: sql or handler. name: the label of a SQL job, or the handler. queue: the queue. state: waiting (due, or in a batch that runs),
running, snoozed or held. max_count: number of jobs of a page.
For the next page, pass the place and the id of the last job as after_place and after_id. sqlstate and message are those of the last
failed attempt of a job that waits for another one. pgdispatch.find returns the command or the arguments of a job.
A page without a filter reads that many jobs, of each handler. With a filter that few jobs meet, it reads all jobs of the role.
Errors: 22023 if the kind or the state is none of these.
Example: SELECT id, name, state, due_at FROM pgdispatch.jobs(state => ''waiting'')';


CREATE OR REPLACE FUNCTION pgdispatch.cancel_jobs(
    kind text DEFAULT NULL, name text DEFAULT NULL, queue text DEFAULT NULL, state text DEFAULT NULL, max_count integer DEFAULT 10000)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    job          record;
    is_cancelled boolean;
    cancelled    bigint := 0;
BEGIN
    IF state = 'running' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'pgdispatch: the state is running',
            HINT = 'Jobs that run are cancelled one by one: SELECT pgdispatch.cancel(id). Leave the state out to cancel all that wait.';
    END IF;
    FOR job IN
        SELECT j.kind, j.name, j.place, j.id
          FROM pgdispatch.jobs(kind, name, queue, state, max_count => max_count) AS j
         WHERE j.state <> 'running'
    LOOP
        IF job.kind = 'handler' THEN
            is_cancelled := coalesce(pgdispatch.cancel_job_of_handler(job.name, job.place, job.id) = 'cancelled', false);
        ELSE
            is_cancelled := pgdispatch.delete_waiting_command(job.place, job.id);
        END IF;
        IF is_cancelled THEN
            cancelled := cancelled + 1;
            PERFORM pgdispatch.end_managed_job(caller, job.id, 'cancelled', false);   -- Does nothing for a plain job.
        END IF;
    END LOOP;
    RETURN cancelled;
END
$$;

COMMENT ON FUNCTION pgdispatch.cancel_jobs(text, text, text, text, integer) IS
'Cancels jobs of the current role that wait, are snoozed or are held, at most max_count of them, and returns how many it has cancelled.
The other arguments choose the jobs as in pgdispatch.jobs, which lists or counts them before. Jobs that run are left; a method that
began meanwhile is interrupted. If this transaction rolls back, the jobs are back. It locks them until its end.
Errors: 22023 if the state is running, or the kind or the state is not one that pgdispatch.jobs takes.
Example: SELECT pgdispatch.cancel_jobs(name => ''signUpSideEffects.remind'')';
