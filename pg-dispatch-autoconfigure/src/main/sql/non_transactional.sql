CREATE OR REPLACE FUNCTION pgdispatch.is_non_transactional_due() RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    me  constant regrole := quote_ident(CURRENT_USER)::regrole;
    job pgdispatch.managed_job;
BEGIN
    FOR job IN SELECT m.* FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.held_by = 'non_transactional' LOOP
        IF pgdispatch.may_begin_non_transactional(job) THEN
            RETURN NOT EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = me AND p.handler = '');
        END IF;
    END LOOP;
    RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.is_non_transactional_due() IS
'Whether there is a command of the current role that is to be run outside of a transaction.';


CREATE OR REPLACE FUNCTION pgdispatch.begin_non_transactional(OUT id bigint, OUT command text, OUT attempt integer, OUT time_limit interval)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    me  constant regrole := quote_ident(CURRENT_USER)::regrole;
    job pgdispatch.managed_job;
BEGIN
    IF EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = me AND p.handler = '') THEN
        RETURN;
    END IF;
    FOR job IN
        SELECT m.* FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.held_by = 'non_transactional' ORDER BY m.rank, m.id FOR UPDATE SKIP LOCKED
    LOOP
        CONTINUE WHEN NOT pgdispatch.lock_non_transactional(job);
        -- For as long as the session lives, or until it unlocks it: see session_running.
        CONTINUE WHEN NOT pg_try_advisory_lock(pgdispatch.execution_lock(job.id));
        job := pgdispatch.count_non_transactional(job);
        IF job.id IS NOT NULL THEN
            SELECT j.id, j.command, job.attempts, job.time_limit
              INTO id, command, attempt, time_limit
              FROM pgdispatch.job AS j
             WHERE j.role = me AND j.due_at = job.place AND j.id = job.id;
            RETURN;
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.begin_non_transactional() IS
'For a driver that runs commands outside of a transaction, in the session that will: the next one, or NULL if there is none. Once that is committed, the session executes the command, and another one calls pgdispatch.end_non_transactional before this one is ended.';


CREATE OR REPLACE FUNCTION pgdispatch.end_non_transactional(
    job_id bigint, attempt integer, error_sqlstate text DEFAULT NULL, error_message text DEFAULT NULL, error_detail text DEFAULT NULL,
    error_hint text DEFAULT NULL, error_context text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    asked  pgdispatch.managed_job;
    row_of pgdispatch.job;
BEGIN
    SELECT m.*
      INTO asked
      FROM pgdispatch.managed_job AS m
     WHERE m.role = me AND m.id = job_id AND m.held_by = 'non_transactional' AND m.attempts = attempt AND m.started_at IS NOT NULL
       FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT j.* INTO row_of FROM pgdispatch.job AS j WHERE j.role = me AND j.due_at = asked.place AND j.id = job_id;

    IF error_sqlstate IS NULL THEN
        PERFORM pgdispatch.delete_jobs(ARRAY[row_of]);
        PERFORM pgdispatch.end_managed_job(me, job_id, 'done', false);
        RETURN 'done';
    ELSIF error_sqlstate = '57014' AND pgdispatch.is_being_cancelled(job_id) THEN
        UPDATE pgdispatch.managed_job AS m SET started_at = NULL WHERE m.role = me AND m.id = job_id;
        RETURN 'cancelled';
    ELSIF error_sqlstate IN ('40001', '40P01') THEN
        UPDATE pgdispatch.managed_job AS m SET attempts = m.attempts - 1 WHERE m.role = me AND m.id = job_id;
        PERFORM pgdispatch.schedule_retry(me, job_id, 1, '0'::interval, false);
        RETURN 'retried';
    END IF;
    IF error_sqlstate = '57014' AND clock_timestamp() >= asked.started_at + asked.time_limit THEN
        error_sqlstate := 'PD001';
        error_message := format('pgdispatch: the job took longer than its time limit of %s', asked.time_limit);
    END IF;
    IF asked.attempts < coalesce(asked.max_attempts, 1) AND left(error_sqlstate, 2) NOT IN ('42', '0A', '3F') THEN
        PERFORM pgdispatch.schedule_retry(me, job_id, asked.attempts, NULL, false);
        RETURN 'retried';
    END IF;
    PERFORM pgdispatch.add_dead_letter(row_of, asked, error_sqlstate, error_message, error_detail, error_hint, error_context);
    RETURN 'dead';
END
$$;

COMMENT ON FUNCTION pgdispatch.end_non_transactional(bigint, integer, text, text, text, text, text) IS
'Ends what pgdispatch.begin_non_transactional has begun: done; with an error, retried after the back-off, or dead: it is a dead letter; cancelled: whoever cancels the job deletes it. NULL: it has been ended, or begun again, by others.';


-- What refuses to run in a transaction refuses to run in a function, so that the driver has to run it: an application by itself, or
-- pg_cron as a job of its own. A worker has admitted it before and has moved it to the end of time.
CREATE OR REPLACE FUNCTION pgdispatch.is_non_transactional_free(job pgdispatch.managed_job) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN job.started_at IS NULL
        OR pgdispatch.session_running(job.id) IS NULL
           AND NOT EXISTS (SELECT
                             FROM pgdispatch.cron_worker AS w
                            WHERE w.role = job.role AND w.job_id = job.id AND w.database_id = pgdispatch.database_id());
END
$$;

COMMENT ON FUNCTION pgdispatch.is_non_transactional_free(pgdispatch.managed_job) IS
'Whether nobody runs a command that is to be run outside of a transaction; whoever began it may have been lost.';


CREATE OR REPLACE FUNCTION pgdispatch.may_begin_non_transactional(job pgdispatch.managed_job) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN pgdispatch.is_non_transactional_free(job)
       AND NOT EXISTS (SELECT FROM pgdispatch.queue AS q WHERE q.role = job.role AND q.name = job.queue AND q.paused);
END
$$;

COMMENT ON FUNCTION pgdispatch.may_begin_non_transactional(pgdispatch.managed_job) IS
'Whether nobody runs a command that is to be run outside of a transaction, and its queue is not paused.';


CREATE OR REPLACE FUNCTION pgdispatch.lock_non_transactional(job pgdispatch.managed_job) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    IF NOT pgdispatch.may_begin_non_transactional(job) OR pgdispatch.is_being_cancelled(job.id) THEN
        RETURN false;
    END IF;
    -- Whoever has the row cancels the job; or will find that it runs.
    PERFORM FROM pgdispatch.job AS j WHERE j.role = job.role AND j.due_at = job.place AND j.id = job.id FOR UPDATE SKIP LOCKED;
    RETURN FOUND;
END
$$;

COMMENT ON FUNCTION pgdispatch.lock_non_transactional(pgdispatch.managed_job) IS
'Part of what begins commands outside of a transaction: locks the job''s row; false if it may not begin, or somebody cancels it.';


CREATE OR REPLACE FUNCTION pgdispatch.runs_non_transactional(job_id bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    RETURN EXISTS (SELECT
                     FROM pgdispatch.managed_job AS m
                    WHERE m.role = quote_ident(CURRENT_USER)::regrole
                      AND m.id = job_id
                      AND m.held_by = 'non_transactional'
                      AND m.started_at IS NOT NULL
                      AND NOT pgdispatch.is_non_transactional_free(m));
END
$$;

COMMENT ON FUNCTION pgdispatch.runs_non_transactional(bigint) IS
'Whether the job is a command of the current role that runs outside of a transaction now.';


CREATE OR REPLACE FUNCTION pgdispatch.count_non_transactional(job pgdispatch.managed_job) RETURNS pgdispatch.managed_job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    max_crashes constant integer := 5;
    row_of pgdispatch.job;
BEGIN
    UPDATE pgdispatch.managed_job AS m
       SET attempts = m.attempts + 1,
           crashes = m.crashes + CASE WHEN m.started_at IS NOT NULL THEN 1 ELSE 0 END,
           started_at = clock_timestamp()
     WHERE m.role = job.role AND m.id = job.id
    RETURNING m.* INTO job;
    IF job.crashes >= max_crashes THEN
        SELECT j.* INTO row_of FROM pgdispatch.job AS j WHERE j.role = job.role AND j.due_at = job.place AND j.id = job.id;
        PERFORM pgdispatch.add_dead_letter(row_of, job, '58000', format('pgdispatch: %s sessions were lost while they ran this job', job.crashes), NULL, NULL, NULL);
        RETURN NULL;
    END IF;
    RETURN job;
END
$$;

COMMENT ON FUNCTION pgdispatch.count_non_transactional(pgdispatch.managed_job) IS
'Counts, in advance, an attempt of a command outside of a transaction; NULL if it has taken too many sessions down, and is a dead letter.';
