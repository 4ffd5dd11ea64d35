-- Claims, counts and removals of rows of pgdispatch.job.
--
-- The SET clauses of these functions fix the plan: they read the primary key from a position on, in its order. The planner must not take
-- the table for as small as it was when the plan was made, since a plan that sorts or scans the whole backlog gets slower with its
-- size; nor for so large that it compiles the plan anew each time.

CREATE OR REPLACE FUNCTION pgdispatch.claim_jobs(moment timestamptz, after_due_at timestamptz, after_id bigint, max_count integer)
RETURNS pgdispatch.job[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    worker constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = worker AND p.handler = '') THEN
        RETURN '{}';
    END IF;
    RETURN ARRAY(
        SELECT job
          FROM pgdispatch.job
         WHERE job.role = worker
           AND job.due_at <= moment
           AND (job.due_at, job.id) > (after_due_at, after_id)
         ORDER BY job.due_at, job.id
         LIMIT max_count
           FOR UPDATE SKIP LOCKED);
END
$$;

COMMENT ON FUNCTION pgdispatch.claim_jobs(timestamptz, timestamptz, bigint, integer) IS
'Part of pgdispatch.work. Locks and returns, in order, the first jobs of the current role after the given position that
were due at the moment and that no other session has locked.';


-- The same claim without the columns that a plain job does not need: with whole rows, a large chunk takes longer.
CREATE OR REPLACE FUNCTION pgdispatch.claim_plain_jobs(
    moment timestamptz, after_due_at timestamptz, after_id bigint, max_count integer,
    OUT claimed integer, OUT commands text[], OUT due_ats timestamptz[], OUT ids bigint[], OUT places tid[],
    OUT managed_ids bigint[], OUT results text[])
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    worker constant regrole := quote_ident(CURRENT_USER)::regrole;
    crashed  boolean[];
    managed  bigint;
    together integer;
BEGIN
    IF EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = worker AND p.handler = '') THEN
        claimed := 0;
        RETURN;
    END IF;
    SELECT count(*), array_agg(due.command), array_agg(due.due_at), array_agg(due.id), array_agg(due.ctid), array_agg(due.crashed),
           array_agg(due.managed_id), count(due.managed_id)
      INTO claimed, commands, due_ats, ids, places, crashed, managed_ids, managed
      FROM (SELECT job.command, job.due_at, job.id, job.ctid, job.crashes > 0 AS crashed, CASE WHEN job.managed THEN job.id END AS managed_id
              FROM pgdispatch.job
             WHERE job.role = worker
               AND job.due_at <= moment
               AND (job.due_at, job.id) > (after_due_at, after_id)
             ORDER BY job.due_at, job.id
             LIMIT max_count
               FOR UPDATE SKIP LOCKED) AS due;
    IF true = ANY (crashed) THEN
        commands := commands[:array_position(crashed, true) - 1];
    END IF;
    IF managed > 0 THEN
        SELECT b.together, b.results INTO together, results FROM pgdispatch.inspect_chunk(ids) AS b;
        commands := commands[:together];
    ELSE
        managed_ids := NULL;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.claim_plain_jobs(timestamptz, timestamptz, bigint, integer) IS
'Part of pgdispatch.work. Claims due jobs like pgdispatch.claim_jobs. Returns where their rows are, and the commands of
those before the first job that has to run alone or to be prepared. managed_ids: the ids of managed jobs, and NULL for plain ones;
NULL: all are plain. results: what is kept as the result of each; NULL: no job has one.';


CREATE OR REPLACE FUNCTION pgdispatch.reclaim_job(counted pgdispatch.job, managed pgdispatch.managed_job) RETURNS pgdispatch.job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    again pgdispatch.job;
BEGIN
    IF counted.managed AND managed.id IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT job.*
      INTO again
      FROM pgdispatch.job
     WHERE job.role = counted.role
       AND job.due_at = counted.due_at
       AND job.id = counted.id
       FOR UPDATE;   -- May wait for a worker that has claimed the job in a chunk, but that will not run it there.
    RETURN again;
END
$$;

COMMENT ON FUNCTION pgdispatch.reclaim_job(pgdispatch.job, pgdispatch.managed_job) IS
'Part of pgdispatch.work. Locks a job again after its attempt was counted and committed. NULL: it is gone, or its
attempt was not begun.';


CREATE OR REPLACE FUNCTION pgdispatch.count_crash(crashing pgdispatch.job) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    UPDATE pgdispatch.job
       SET crashes = job.crashes + 1
     WHERE job.role = crashing.role
       AND job.due_at = crashing.due_at
       AND job.id = crashing.id;
END
$$;

COMMENT ON FUNCTION pgdispatch.count_crash(pgdispatch.job) IS
'Part of pgdispatch.work. Counts a crash of a claimed job before it runs. It stays counted if the session is lost.';


CREATE OR REPLACE FUNCTION pgdispatch.delete_jobs(jobs pgdispatch.job[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    finished pgdispatch.job;
BEGIN
    -- One by one: a join whose plan was made on an empty table would read all jobs of the role.
    FOREACH finished IN ARRAY jobs LOOP
        DELETE FROM pgdispatch.job
         WHERE job.role = finished.role
           AND job.due_at = finished.due_at
           AND job.id = finished.id;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.delete_jobs(pgdispatch.job[]) IS 'Part of pgdispatch.work. Deletes the rows of claimed jobs.';


CREATE OR REPLACE FUNCTION pgdispatch.delete_plain_jobs(due_ats timestamptz[], ids bigint[], places tid[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    worker constant regrole := quote_ident(CURRENT_USER)::regrole;
    kept    constant boolean := EXISTS (SELECT FROM pgdispatch.history_retention);
    deleted bigint;
BEGIN
    IF kept THEN
        PERFORM pgdispatch.record_commands(ARRAY(SELECT j FROM pgdispatch.job AS j WHERE j.ctid = ANY (places)));
    END IF;
    DELETE FROM pgdispatch.job WHERE job.ctid = ANY (places);
    GET DIAGNOSTICS deleted = ROW_COUNT;
    IF deleted = cardinality(ids) THEN
        RETURN;
    END IF;
    -- A job has updated or deleted the row of another one, which is at another place now, or gone.
    FOR i IN 1 .. cardinality(ids) LOOP
        IF kept THEN
            PERFORM pgdispatch.record_command(j, NULL, 'done') FROM pgdispatch.job AS j WHERE j.role = worker AND j.due_at = due_ats[i] AND j.id = ids[i];
        END IF;
        DELETE FROM pgdispatch.job WHERE job.role = worker AND job.due_at = due_ats[i] AND job.id = ids[i];
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.delete_plain_jobs(timestamptz[], bigint[], tid[]) IS
'Part of pgdispatch.work. Deletes the rows of jobs that pgdispatch.claim_plain_jobs has claimed and that are done.';


CREATE OR REPLACE FUNCTION pgdispatch.count_due_jobs(moment timestamptz, max_count integer) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    worker constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF pgdispatch.is_paused() THEN
        RETURN 0;
    END IF;
    RETURN (SELECT count(*)
              FROM (SELECT
                      FROM pgdispatch.job
                     WHERE job.role = worker
                       AND job.due_at <= moment
                     LIMIT max_count) AS due);
END
$$;

COMMENT ON FUNCTION pgdispatch.count_due_jobs(timestamptz, integer) IS
'Returns the number of jobs of the current role that were due at the moment, running ones included, up to max_count. It
is 0 while all jobs are paused.';


CREATE OR REPLACE FUNCTION pgdispatch.next_due_in(moment timestamptz) RETURNS interval
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    worker constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF pgdispatch.is_paused() THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT greatest(job.due_at - clock_timestamp(), '0')
              FROM pgdispatch.job
             WHERE job.role = worker
               AND job.due_at > moment
               AND job.due_at < 'infinity'
             ORDER BY job.due_at
             LIMIT 1);
END
$$;

COMMENT ON FUNCTION pgdispatch.next_due_in(timestamptz) IS
'Returns the time until the first job of the current role becomes due that was not yet due at the moment. NULL: there
is none, or all jobs are paused.';


CREATE OR REPLACE FUNCTION pgdispatch.is_paused() RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT
                     FROM pgdispatch.pause AS p
                    WHERE p.role::oid = quote_ident(CURRENT_USER)::regrole::oid
                      AND p.handler = '');
END
$$;

COMMENT ON FUNCTION pgdispatch.is_paused() IS 'Returns whether all jobs of the current role are paused.';
