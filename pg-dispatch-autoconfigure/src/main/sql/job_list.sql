-- Lists of jobs, page by page.

CREATE OR REPLACE FUNCTION pgdispatch.jobs(
    INOUT kind text DEFAULT NULL, INOUT name text DEFAULT NULL, INOUT queue text DEFAULT NULL, INOUT state text DEFAULT NULL,
    after_place timestamptz DEFAULT '-infinity', after_id bigint DEFAULT 0, max_count integer DEFAULT 100, ids bigint[] DEFAULT NULL,
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
    nodes   constant uuid[]      := pgdispatch.live_nodes(caller);
    paused  constant text[]      := pgdispatch.paused_handlers();
    -- The last 32 bits of the ids of the SQL jobs that sessions of the role run alone in this database.
    running constant bigint[]    := ARRAY(SELECT l.objid::bigint
                                            FROM pg_locks AS l
                                            JOIN pg_stat_get_activity(NULL) AS a ON a.pid = l.pid AND a.datid = l.database
                                            JOIN pg_database AS d ON d.oid = l.database
                                           WHERE l.locktype = 'advisory' AND l.granted AND l.classid::bigint = pgdispatch.execution_lock(0) >> 32
                                             AND d.datname = current_database() AND a.usesysid = caller::oid);
BEGIN
    IF jobs.state NOT IN ('waiting', 'running', 'snoozed', 'held') OR jobs.kind NOT IN ('sql', 'handler') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = CASE WHEN jobs.kind NOT IN ('sql', 'handler') THEN format('pgdispatch: the kind is %s', jobs.kind)
                           ELSE format('pgdispatch: the state is %s', jobs.state)
                      END,
            HINT = 'The kind is sql or handler, and the state is waiting, running, snoozed or held. Leave them out for all jobs.';
    END IF;
    RETURN QUERY
        (SELECT 'sql'::text, j.label, m.queue, v.state, j.due_at, j.id, j.dispatched_at, nullif(coalesce(m.due_at, j.due_at), 'infinity'),
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
            AND (jobs.ids IS NULL OR j.id = ANY (jobs.ids))
          ORDER BY j.due_at, j.id
          LIMIT max_count)
        UNION ALL
        SELECT 'handler', h.*
          FROM pgdispatch.handlers_of(caller) AS n (handler),
               LATERAL (SELECT j.handler, m.queue, v.state, j.due_at, j.id, j.dispatched_at, nullif(coalesce(m.due_at, j.due_at), 'infinity'),
                               j.attempts, j.sqlstate, j.message, j.headers
                          FROM pgdispatch.handler_job AS j
                          LEFT JOIN pgdispatch.managed_job AS m ON j.managed AND m.role = j.role AND m.id = j.id,
                               LATERAL (SELECT pgdispatch.state_of_call(pgdispatch.is_running(j.claimed_by, nodes, j.dispatched_at), ARRAY['', j.handler] && paused, j.due_at > moment, m.held_by)) AS v (state)
                         WHERE j.role = caller
                           AND j.handler = n.handler
                           AND (j.due_at, j.id) > (after_place, after_id)
                           AND (jobs.queue IS NULL OR m.queue = jobs.queue)
                           AND (jobs.state IS NULL OR v.state = jobs.state)
                           AND (jobs.ids IS NULL OR j.id = ANY (jobs.ids))
                         ORDER BY j.due_at, j.id
                         LIMIT max_count) AS h
         WHERE (jobs.kind = 'handler') IS NOT FALSE
           AND (jobs.name IS NULL OR n.handler = jobs.name)
         ORDER BY 5, 6
         LIMIT max_count;
END
$$;

COMMENT ON FUNCTION pgdispatch.jobs(text, text, text, text, timestamptz, bigint, integer, bigint[]) IS
'Lists the jobs of the current role that wait or run, in the order of their places, which is that of their due times, changed by
priorities; a held job has the place infinity. The arguments choose jobs; NULL stands for all.
kind: sql or handler. name: the label of a SQL job, or the handler. queue: the queue. state: waiting (due, or in a chunk that runs),
running, snoozed or held. ids: the ids of jobs. max_count: number of jobs of a page.
For the next page, pass the place and the id of the last job as after_place and after_id. sqlstate and message are those of the last
failed attempt of a job that waits for another one. due_at is NULL for a job that its batch holds. pgdispatch.find returns the command or the arguments of a job.
A page without a filter reads that many jobs, of each handler. With a filter that few jobs meet, it reads all jobs of the role.
Errors: 22023 if the kind or the state is none of these.
Example: SELECT id, name, state, due_at FROM pgdispatch.jobs(state => ''waiting'')';


CREATE OR REPLACE FUNCTION pgdispatch.cancel_jobs(
    kind text DEFAULT NULL, name text DEFAULT NULL, queue text DEFAULT NULL, state text DEFAULT NULL, max_count integer DEFAULT 10000,
    ids bigint[] DEFAULT NULL)
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
          FROM pgdispatch.jobs(kind, name, queue, state, max_count => max_count, ids => ids) AS j
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

COMMENT ON FUNCTION pgdispatch.cancel_jobs(text, text, text, text, integer, bigint[]) IS
'Cancels jobs of the current role that wait, are snoozed or are held, at most max_count of them, and returns how many it has cancelled.
The other arguments choose the jobs as in pgdispatch.jobs, which lists or counts them before. Jobs that run are left; a method that
began meanwhile is interrupted. If this transaction rolls back, the jobs are back. It locks them until its end.
Errors: 22023 if the state is running, or the kind or the state is not one that pgdispatch.jobs takes.
Example: SELECT pgdispatch.cancel_jobs(name => ''signUpSideEffects.remind'')';


CREATE OR REPLACE FUNCTION pgdispatch.move_jobs(
    to_queue text, kind text DEFAULT NULL, name text DEFAULT NULL, queue text DEFAULT NULL, state text DEFAULT NULL,
    max_count integer DEFAULT 10000, ids bigint[] DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    job   record;
    moved bigint := 0;
BEGIN
    IF to_queue IS NOT NULL AND NOT EXISTS (SELECT FROM pgdispatch.queue AS q WHERE q.role = caller AND q.name = to_queue) THEN
        RAISE undefined_object USING
            MESSAGE = format('pgdispatch: there is no queue %s', quote_ident(to_queue)),
            HINT = format('Create it with SELECT pgdispatch.set_queue(%L).', to_queue);
    ELSIF state = 'running' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'pgdispatch: the state is running',
            HINT = 'Jobs that run keep their places in their queues. Leave the state out to move all that wait.';
    END IF;
    FOR job IN
        SELECT j.kind, j.name, j.place, j.id
          FROM pgdispatch.jobs(kind, name, queue, state, max_count => max_count, ids => ids) AS j
         WHERE j.state <> 'running'
    LOOP
        IF pgdispatch.move_to_queue(CASE WHEN job.kind = 'handler' THEN job.name END, job.place, job.id, to_queue) THEN
            moved := moved + 1;
        END IF;
    END LOOP;
    IF moved > 0 THEN
        PERFORM pgdispatch.wake_drivers(caller, true), pgdispatch.wake_nodes(caller);
    END IF;
    RETURN moved;
END
$$;

COMMENT ON FUNCTION pgdispatch.move_jobs(text, text, text, text, text, integer, bigint[]) IS
'Moves jobs of the current role that wait, are snoozed or are held to another queue, at most max_count of them, and returns how many it
has moved. to_queue: the name of a queue; NULL: out of their queues. The other arguments choose the jobs as in pgdispatch.jobs, which
lists or counts them before. Jobs that have a place in their queue, because they run or are about to, are left. Their order among the
jobs of the other queue is that of their due times and priorities. If this transaction rolls back, the jobs are where they were. It
locks them until its end.
Errors: 42704 if there is no such queue; 22023 if the state is running, or the kind or the state is not one that pgdispatch.jobs takes.
Example: SELECT pgdispatch.move_jobs(to_queue => ''slow'', name => ''signUpSideEffects.remind'')';


CREATE OR REPLACE FUNCTION pgdispatch.move_to_queue(handler_name text, job_place timestamptz, job_id bigint, to_queue text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    caller  constant regrole := quote_ident(CURRENT_USER)::regrole;
    command pgdispatch.job;
    call    pgdispatch.handler_job;
    job     pgdispatch.managed_job;
BEGIN
    IF handler_name IS NULL THEN
        SELECT j.* INTO command FROM pgdispatch.job AS j
         WHERE j.role = caller AND j.due_at = job_place AND j.id = job_id
           FOR UPDATE SKIP LOCKED;
    ELSE
        SELECT j.* INTO call FROM pgdispatch.handler_job AS j
         WHERE j.role = caller AND j.handler = handler_name AND j.due_at = job_place AND j.id = job_id
           AND (j.claimed_by IS NULL OR j.claimed_by <> ALL (pgdispatch.live_nodes(caller)))
           FOR UPDATE SKIP LOCKED;
    END IF;
    IF NOT FOUND THEN
        RETURN false;
    END IF;

    SELECT m.* INTO job FROM pgdispatch.managed_job AS m WHERE m.role = caller AND m.id = job_id FOR UPDATE;
    IF FOUND THEN
        IF job.in_queue OR job.started_at IS NOT NULL OR job.queue IS NOT DISTINCT FROM to_queue THEN
            RETURN false;
        END IF;
        UPDATE pgdispatch.managed_job AS m SET queue = to_queue, slot_at = NULL WHERE m.role = caller AND m.id = job_id;
        UPDATE pgdispatch.handler_job AS j SET queue = to_queue
         WHERE j.role = caller AND j.handler = handler_name AND j.due_at = job_place AND j.id = job_id;
        IF job.held_by = 'queue' OR job.held_by IS NULL AND job.slot_at IS NOT NULL THEN
            -- Its next claim finds out whether the other queue lets it run.
            PERFORM pgdispatch.release_job(job, true);
        END IF;
        RETURN true;
    ELSIF to_queue IS NULL THEN
        RETURN false;
    END IF;
    INSERT INTO pgdispatch.managed_job (role, id, handler, due_at, place, rank, attempts, crashes, max_attempts, time_limit, queue, snoozed)
    VALUES (caller, job_id, handler_name, job_place, job_place, job_place, coalesce(command.crashes, 0), coalesce(command.crashes, 0),
            command.max_attempts, call.time_limit, to_queue, CASE WHEN job_place > now() THEN true END);
    IF handler_name IS NULL THEN
        UPDATE pgdispatch.job AS j SET managed = true WHERE j.role = caller AND j.due_at = job_place AND j.id = job_id;
    ELSE
        UPDATE pgdispatch.handler_job AS j SET managed = true, queue = to_queue
         WHERE j.role = caller AND j.handler = handler_name AND j.due_at = job_place AND j.id = job_id;
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.move_to_queue(text, timestamptz, bigint, text) IS
'Part of pgdispatch.move_jobs. Moves a job that does not run. handler_name is NULL for a SQL job. Returns false if the job runs, another
transaction has locked it, or it is in that queue already.';


CREATE OR REPLACE FUNCTION pgdispatch.run_jobs_now(
    kind text DEFAULT NULL, name text DEFAULT NULL, queue text DEFAULT NULL, max_count integer DEFAULT 10000, ids bigint[] DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job record;
    due bigint := 0;
BEGIN
    FOR job IN
        SELECT j.kind, j.name, j.place, j.id FROM pgdispatch.jobs(kind, name, queue, 'snoozed', max_count => max_count, ids => ids) AS j
    LOOP
        IF pgdispatch.make_due(CASE WHEN job.kind = 'handler' THEN job.name END, job.place, job.id) THEN
            due := due + 1;
        END IF;
    END LOOP;
    RETURN due;
END
$$;

COMMENT ON FUNCTION pgdispatch.run_jobs_now(text, text, text, integer, bigint[]) IS
'Makes jobs of the current role due that are snoozed or wait for their next attempt, at most max_count of them, as pgdispatch.run_now does
for one. Returns how many are due because of this. The other arguments choose the jobs as in pgdispatch.jobs.
Errors: 22023 if the kind is not one that pgdispatch.jobs takes.
Example: SELECT pgdispatch.run_jobs_now(name => ''signUpSideEffects.remind'')';
