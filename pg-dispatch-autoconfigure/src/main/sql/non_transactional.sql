-- Non-transactional jobs: SQL that PostgreSQL refuses to run in a transaction, such as VACUUM, and therefore also in a function.
--
-- A worker lets such a job take its places like any other, and then moves it to the end of time with held_by = 'non_transactional'. From then on the
-- driver runs it as a statement of its own: an application calls begin_non_transactional and end_non_transactional around it; where
-- no application is connected, pg_cron runs it as a job of its own (see cron_run_non_transactional).
--
-- The job runs at least once: its effects and its end are not one commit.

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
            RETURN NOT pgdispatch.is_paused();
        END IF;
    END LOOP;
    RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.is_non_transactional_due() IS
'Returns whether a non-transactional job of the current role waits for a driver to run it.';


CREATE OR REPLACE FUNCTION pgdispatch.begin_non_transactional(
    OUT id bigint, OUT label text, OUT command text, OUT attempt integer, OUT time_limit interval)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    me  constant regrole := quote_ident(CURRENT_USER)::regrole;
    job pgdispatch.managed_job;
BEGIN
    IF pgdispatch.is_paused() THEN
        RETURN;
    END IF;
    FOR job IN
        SELECT m.* FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.held_by = 'non_transactional' ORDER BY m.rank, m.id FOR UPDATE SKIP LOCKED
    LOOP
        CONTINUE WHEN NOT pgdispatch.lock_non_transactional(job);
        -- The session keeps this lock until it ends, and with it the job counts as running: see pgdispatch.session_running.
        PERFORM pg_try_advisory_lock(pgdispatch.execution_lock(job.id));
        job := pgdispatch.count_non_transactional(job, pg_backend_pid());
        IF job.id IS NOT NULL THEN
            id := job.id;
            SELECT r.label, r.command INTO label, command FROM pgdispatch.row_of(job) AS r;
            attempt := job.attempts;
            time_limit := job.time_limit;
            RETURN;
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.begin_non_transactional() IS
'For a driver. Counts an attempt of the next non-transactional job of the current role and returns the job; NULL if
there is none. Call it in the session that will run the command. That session executes the command after the commit,
and before it ends another session calls pgdispatch.end_non_transactional.';


CREATE OR REPLACE FUNCTION pgdispatch.end_non_transactional(
    job_id bigint, attempt integer, error_sqlstate text DEFAULT NULL, error_message text DEFAULT NULL, error_detail text DEFAULT NULL,
    error_hint text DEFAULT NULL, error_context text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me      constant regrole := quote_ident(CURRENT_USER)::regrole;
    managed pgdispatch.managed_job;
    job     pgdispatch.job;
BEGIN
    SELECT m.*
      INTO managed
      FROM pgdispatch.managed_job AS m
     WHERE m.role = me AND m.id = job_id AND m.held_by = 'non_transactional' AND m.attempts = attempt AND m.started_at IS NOT NULL
       FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    job := pgdispatch.row_of(managed);

    IF error_sqlstate IS NULL THEN
        BEGIN
            PERFORM pgdispatch.delete_jobs(ARRAY[job]);
            PERFORM pgdispatch.record_command(job, managed, 'done');
            PERFORM pgdispatch.end_managed_job(me, job_id, 'done', false);
            RETURN 'done';
        EXCEPTION
            WHEN serialization_failure OR deadlock_detected THEN   -- The driver calls this again, and the command is not run again.
                RAISE;
            WHEN assert_failure OR OTHERS THEN   -- See end_failed_attempt. The command has run, and will run again.
                PERFORM pgdispatch.set_aside(job, managed, false, format('%s (SQLSTATE %s)', SQLERRM, SQLSTATE));
                RETURN 'retried';
        END;
    ELSIF error_sqlstate = '57014' AND pgdispatch.is_being_cancelled(job_id) THEN
        -- Still an attempt, if the cancellation is rolled back: not everything that it did need have been undone.
        UPDATE pgdispatch.managed_job AS m SET started_at = NULL, runner = NULL WHERE m.role = me AND m.id = job_id;
        RETURN 'cancelled';
    ELSIF error_sqlstate IN ('40001', '40P01') THEN   -- These are not the fault of the job.
        PERFORM pgdispatch.uncount_attempt(me, job_id);
        PERFORM pgdispatch.schedule_retry(me, job_id, 1, '0'::interval, false);
        RETURN 'retried';
    END IF;
    RETURN CASE WHEN pgdispatch.end_failed_attempt(job, managed, false, error_sqlstate, error_message, error_detail, error_hint, error_context)
                THEN 'retried'
                ELSE 'dead'
           END;
END
$$;

COMMENT ON FUNCTION pgdispatch.end_non_transactional(bigint, integer, text, text, text, text, text) IS
'For a driver. Ends an attempt that pgdispatch.begin_non_transactional began, without an error or with the one that the
command raised. done: the job is gone. retried: it waits for its next attempt. dead: it is a dead letter. cancelled:
the session that cancels it deletes it. NULL: another session has ended this attempt, or begun the next one.
Errors: 40001 or 40P01 if it loses a race; call it again.';


CREATE OR REPLACE FUNCTION pgdispatch.row_of(managed pgdispatch.managed_job) RETURNS pgdispatch.job
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    job pgdispatch.job;
BEGIN
    SELECT j.* INTO job FROM pgdispatch.job AS j WHERE j.role = managed.role AND j.due_at = managed.place AND j.id = managed.id;
    RETURN job;
END
$$;

COMMENT ON FUNCTION pgdispatch.row_of(pgdispatch.managed_job) IS 'Returns the row in pgdispatch.job of a managed SQL job.';


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
'Returns whether no session runs a non-transactional job. A session that began it may have been lost.';


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
'Returns whether no session runs a non-transactional job and its queue is not paused.';


CREATE OR REPLACE FUNCTION pgdispatch.lock_non_transactional(job pgdispatch.managed_job) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    IF NOT pgdispatch.may_begin_non_transactional(job) OR pgdispatch.is_being_cancelled(job.id) THEN
        RETURN false;
    END IF;
    -- A session that has locked the row cancels the job. A session that wants to cancel it later finds that it runs.
    PERFORM FROM pgdispatch.job AS j WHERE j.role = job.role AND j.due_at = job.place AND j.id = job.id FOR UPDATE SKIP LOCKED;
    RETURN FOUND;
END
$$;

COMMENT ON FUNCTION pgdispatch.lock_non_transactional(pgdispatch.managed_job) IS
'Part of what begins non-transactional jobs. Locks the row of the job. Returns false if it may not begin, or another
session cancels it.';


CREATE OR REPLACE FUNCTION pgdispatch.count_non_transactional(job pgdispatch.managed_job, runner integer) RETURNS pgdispatch.managed_job
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    job := pgdispatch.count_attempt(job.role, job.id, runner);
    IF job.crashes >= pgdispatch.max_crashes() THEN
        PERFORM pgdispatch.end_failed_attempt(pgdispatch.row_of(job), job, false, NULL, NULL, NULL, NULL, NULL);
        RETURN NULL;
    END IF;
    RETURN job;
END
$$;

COMMENT ON FUNCTION pgdispatch.count_non_transactional(pgdispatch.managed_job, integer) IS
'Part of what begins non-transactional jobs. Counts an attempt before it begins. NULL: the job has taken too many
sessions down, and is a dead letter now.';


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
'Returns whether a session runs the job of the current role as a non-transactional one at the moment.';
