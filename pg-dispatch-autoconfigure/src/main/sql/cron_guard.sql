-- Guards: workers of pg_cron that do what an application would do beside the jobs that run.
--
-- A session that runs a job cannot watch its time limit, and it cannot run a non-transactional job. Where no application is connected,
-- a guard comes for both. It has pg_cron run a non-transactional job as a job of its own: a row of pgdispatch.cron_worker with the
-- purpose non_transactional stands for it. When there is nothing left to guard, the guard becomes a worker like others.

CREATE OR REPLACE PROCEDURE pgdispatch.cron_guard(worker_id bigint, leaves_at timestamptz, INOUT stays boolean)
LANGUAGE plpgsql
AS $$
DECLARE
    needed_at pg_catalog.timestamptz := pg_catalog.clock_timestamp();
    moment    pg_catalog.timestamptz;
    needed    boolean;
BEGIN
    LOOP
        COMMIT;
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
        moment := pg_catalog.clock_timestamp();
        IF moment OPERATOR(pg_catalog.>) leaves_at THEN
            stays := NOT pgdispatch.cron_end_run(worker_id, false, false, true);
            EXIT WHEN NOT stays;
        END IF;
        needed := pgdispatch.cron_run_non_transactional();
        needed := pgdispatch.enforce_time_limits() IS NOT NULL OR needed;
        IF needed THEN
            needed_at := moment;
        ELSIF moment OPERATOR(pg_catalog.>) (needed_at OPERATOR(pg_catalog.+) '2 seconds'::interval) THEN
            EXIT WHEN pgdispatch.cron_stop_guarding(worker_id);
        END IF;
        COMMIT;
        PERFORM pg_catalog.pg_sleep(CASE WHEN leaves_at OPERATOR(pg_catalog.<) (moment OPERATOR(pg_catalog.+) '100 ms'::interval) THEN 0.01 ELSE 0.05 END);
    END LOOP;
END
$$;

COMMENT ON PROCEDURE pgdispatch.cron_guard(bigint, timestamptz, boolean) IS
'Part of pgdispatch.cron_work. Enforces time limits and has pg_cron run non-transactional jobs, until there have been none
for two seconds. stays: false if a successor is scheduled because the time to leave has come.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_ensure_guard(worker_role regrole) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF to_regnamespace('cron') IS NULL OR pgdispatch.has_application(worker_role) OR pgdispatch.cron_problem() IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pgdispatch.lock_cron_exit(worker_role);
    IF NOT EXISTS (SELECT
                     FROM pgdispatch.cron_worker AS w
                    WHERE w.role = worker_role
                      AND w.purpose = 'guard'
                      AND pgdispatch.cron_is_sound(w.id, w.database_id)) THEN
        PERFORM pgdispatch.cron_schedule(worker_role, 'guard', NULL, '1 second', NULL);
    END IF;
EXCEPTION
    WHEN OTHERS THEN
        RAISE WARNING USING
            MESSAGE = format('pgdispatch: pg_cron cannot watch the running jobs of role %s', worker_role),
            DETAIL = format('pg_cron failed: %s (SQLSTATE %s). Time limits are not enforced, and non-transactional jobs wait.', SQLERRM, SQLSTATE),
            HINT = 'Remove the cause, or connect an application, which does this itself.';
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_ensure_guard(regrole) IS
'Part of what begins jobs. Schedules a guard if there is none and no application is connected, or warns if pg_cron
fails.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_stop_guarding(worker_id bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    PERFORM pgdispatch.lock_cron_exit(me);
    -- This look comes after the lock: a session that begins such a job from now on schedules another guard.
    IF EXISTS (SELECT FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.held_by = 'non_transactional' AND NOT pgdispatch.has_application(me))
       OR EXISTS (SELECT FROM pgdispatch.cron_worker AS w WHERE w.role = me AND w.purpose = 'non_transactional')
       OR EXISTS (SELECT FROM pgdispatch.managed_job AS m
                WHERE m.role = me AND m.started_at IS NOT NULL AND m.time_limit IS NOT NULL
                  -- A job whose attempt was just counted is about to run.
                  AND (pgdispatch.session_running(m.id) IS NOT NULL OR m.started_at > clock_timestamp() - '1 second'::interval)) THEN
        RETURN false;
    END IF;
    UPDATE pgdispatch.cron_worker AS w SET purpose = 'work' WHERE w.role = me AND w.id = worker_id;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_stop_guarding(bigint) IS
'Part of pgdispatch.cron_guard. Makes a guard a worker like others, unless there is something to guard (false).';


CREATE OR REPLACE FUNCTION pgdispatch.cron_run_non_transactional() RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    some_run boolean := pgdispatch.cron_end_non_transactional();
BEGIN
    RETURN pgdispatch.cron_begin_non_transactional() OR some_run;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_run_non_transactional() IS
'Part of pgdispatch.cron_guard. Ends the non-transactional jobs that pg_cron has run, and has it run those that wait.
false: there are none.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_end_non_transactional() RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me      constant regrole := quote_ident(CURRENT_USER)::regrole;
    managed pgdispatch.managed_job;
    worker  pgdispatch.cron_worker;
    run     record;
    has_run boolean;
    some_run boolean := false;
BEGIN
    FOR worker IN SELECT w.* FROM pgdispatch.cron_worker AS w WHERE w.role = me AND w.purpose = 'non_transactional' LOOP
        SELECT r.* INTO run FROM pgdispatch.cron_run(worker.id, worker.after_run) AS r;
        SELECT m.* INTO managed FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.id = worker.job_id;
        has_run := coalesce(run.status IN ('succeeded', 'failed'), false);
        IF managed.id IS NOT NULL AND NOT has_run AND pgdispatch.cron_is_sound(worker.id, worker.database_id) THEN
            some_run := true;
            CONTINUE;
        END IF;
        IF managed.id IS NOT NULL AND has_run THEN
            UPDATE pgdispatch.managed_job AS m SET started_at = coalesce(run.began_at, m.started_at) WHERE m.role = me AND m.id = managed.id AND m.runner IS NULL;
            -- pg_cron keeps nothing of an error but its message, which is in the language of the server.
            PERFORM pgdispatch.end_non_transactional(managed.id, managed.attempts,
                CASE WHEN run.status = 'succeeded' THEN NULL
                     WHEN run.return_message LIKE '%canceling statement%'
                          OR run.ended_at >= run.began_at + managed.time_limit
                          OR pgdispatch.is_being_cancelled(managed.id) THEN '57014'
                     ELSE 'XX000'
                END,
                run.return_message);
        END IF;
        DELETE FROM cron.job_run_details AS d
         USING cron.job AS j
         WHERE j.jobname = pgdispatch.cron_name(worker.id) AND j.username = CURRENT_USER
           AND d.jobid = j.jobid AND d.runid > worker.after_run;
        PERFORM pgdispatch.cron_unschedule(me, worker.id);
    END LOOP;
    RETURN some_run;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_end_non_transactional() IS
'Part of pgdispatch.cron_guard. Ends the non-transactional jobs that pg_cron has run. true: it still runs some.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_begin_non_transactional() RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me      constant regrole := quote_ident(CURRENT_USER)::regrole;
    managed pgdispatch.managed_job;
    worker  pgdispatch.cron_worker;
    some_wait boolean := false;
BEGIN
    IF pgdispatch.has_application(me) OR pgdispatch.is_paused() THEN
        RETURN false;
    END IF;
    FOR managed IN
        SELECT m.* FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.held_by = 'non_transactional' ORDER BY m.rank, m.id FOR UPDATE SKIP LOCKED
    LOOP
        some_wait := true;
        CONTINUE WHEN NOT pgdispatch.lock_non_transactional(managed);
        managed := pgdispatch.count_non_transactional(managed, NULL);
        CONTINUE WHEN managed.id IS NULL;
        INSERT INTO pgdispatch.cron_worker (role, purpose, after_run, job_id)
        VALUES (me, 'non_transactional', pgdispatch.cron_last_run(), managed.id)
        RETURNING * INTO worker;
        -- In a minute and not each second, as a worker: it would run again before its end can be seen. A minute that has begun when
        -- pg_cron learns of it would be missed.
        PERFORM cron.schedule(pgdispatch.cron_name(worker.id),
                    coalesce(pgdispatch.cron_schedule_at(date_trunc('minute', clock_timestamp() + '1 minute 3 seconds'::interval)), '* * * * *'),
                    (pgdispatch.row_of(managed)).command);
    END LOOP;
    RETURN some_wait;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_begin_non_transactional() IS
'Part of pgdispatch.cron_guard. Has pg_cron run the non-transactional jobs of the role, unless an application does or all
jobs are paused. false: there are none.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_run(
    worker_id bigint, after_run bigint, OUT status text, OUT return_message text, OUT job_pid integer, OUT began_at timestamptz, OUT ended_at timestamptz)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    SELECT d.status, d.return_message, d.job_pid, d.start_time, d.end_time
      INTO status, return_message, job_pid, began_at, ended_at
      FROM cron.job AS j
      JOIN cron.job_run_details AS d ON d.jobid = j.jobid
     WHERE j.jobname = pgdispatch.cron_name(worker_id)
       AND j.username = CURRENT_USER
       AND d.runid > after_run
     ORDER BY d.runid
     LIMIT 1;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_run(bigint, bigint) IS
'Returns the first run that pg_cron has made of a worker after the given one.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_session_running(job_id bigint, OUT pid integer, OUT began_at timestamptz)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    worker record;
BEGIN
    SELECT w.id, w.after_run
      INTO worker
      FROM pgdispatch.cron_worker AS w
     WHERE w.role = me AND w.purpose = 'non_transactional' AND w.job_id = cron_session_running.job_id;
    IF FOUND AND pgdispatch.cron_is_genuine() THEN
        SELECT r.job_pid, r.began_at INTO pid, began_at FROM pgdispatch.cron_run(worker.id, worker.after_run) AS r WHERE r.status = 'running';
    END IF;
EXCEPTION
    WHEN OTHERS THEN
        NULL;   -- What pg_cron does not tell is not known.
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_session_running(bigint) IS
'Returns the process id of the session in which pg_cron runs the non-transactional job, and when it began; NULL: there is
none.';
