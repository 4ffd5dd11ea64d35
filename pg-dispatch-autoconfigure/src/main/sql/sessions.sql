-- Sessions: which ones are alive, which one runs a job, and how to cancel that job and no other.
--
-- A session that runs the command of a job alone holds the execution lock of the job, and is found by it in pg_locks. A session
-- that interrupts the job takes the interruption lock of the running session first, and then checks that it still runs the job. The
-- running session takes the same lock, shared, before it goes on to its next job.

CREATE OR REPLACE FUNCTION pgdispatch.is_alive(session_pid integer, session_start timestamptz) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM pg_stat_get_activity(session_pid) AS a WHERE session_pid IS NOT NULL AND a.backend_start = session_start)
$$;

COMMENT ON FUNCTION pgdispatch.is_alive(integer, timestamptz) IS
'Returns whether that session of the current role still exists. A NULL process id stands for no session.';


CREATE OR REPLACE FUNCTION pgdispatch.has_application(role regrole) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN (pg_catalog.current_setting('pgdispatch.attends', true) OPERATOR(pg_catalog.=) 'on') IS TRUE   -- This session belongs to the application, see drivers.sql.
        OR pgdispatch.is_locked_exclusively(pgdispatch.application_lock(role))
        OR pgdispatch.is_locked_exclusively(pgdispatch.idle_driver_lock(role));
END
$$;

COMMENT ON FUNCTION pgdispatch.has_application(regrole) IS
'Returns whether an application that runs the role''s jobs is connected.';


CREATE OR REPLACE FUNCTION pgdispatch.session_running(job_id bigint) RETURNS integer
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN coalesce((SELECT l.pid
              FROM pg_locks AS l
             WHERE l.locktype = 'advisory'
               AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
               AND l.classid::bigint = pgdispatch.execution_lock(job_id) >> 32
               AND l.objid::bigint = pgdispatch.execution_lock(job_id) & 4294967295
               AND l.objsubid = 1
               AND l.mode = 'ExclusiveLock'
               AND l.granted
             LIMIT 1), pgdispatch.cron_session_running(job_id));
END
$$;

COMMENT ON FUNCTION pgdispatch.session_running(bigint) IS
'Returns the process id of the session that runs the command of the job alone at the moment; NULL: no session does.';


CREATE OR REPLACE FUNCTION pgdispatch.is_being_cancelled(job_id bigint) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN pgdispatch.is_locked_exclusively(pgdispatch.cancellation_lock(job_id));
END
$$;

COMMENT ON FUNCTION pgdispatch.is_being_cancelled(bigint) IS 'Returns whether another session is cancelling the job at the moment.';


CREATE OR REPLACE FUNCTION pgdispatch.interrupt_job(job_id bigint, if_late boolean DEFAULT false) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    session_pid integer := pgdispatch.session_running(job_id);
    sent boolean := false;
BEGIN
    IF session_pid IS NULL THEN
        RETURN false;
    END IF;
    BEGIN
        -- The session takes this lock before it goes on to another job, which must not be cancelled.
        IF pg_try_advisory_xact_lock(pgdispatch.interruption_lock(session_pid)) AND pgdispatch.session_running(job_id) = session_pid
           -- This looks after the lock was taken: before, another attempt may have been running.
           AND (NOT if_late OR EXISTS (SELECT
                                         FROM pgdispatch.managed_job AS m
                                        WHERE m.role = quote_ident(CURRENT_USER)::regrole
                                          AND m.id = job_id
                                          AND m.started_at + m.time_limit <= clock_timestamp())) THEN
            sent := pg_cancel_backend(session_pid);
            PERFORM pg_sleep(0.001);
        END IF;
        RAISE SQLSTATE 'PD000';   -- The end of the block releases the lock, whatever happens.
    EXCEPTION
        WHEN SQLSTATE 'PD000' THEN
            NULL;
    END;
    RETURN sent;
END
$$;

COMMENT ON FUNCTION pgdispatch.interrupt_job(bigint, boolean) IS
'Cancels the statement of the session that runs the command of the job alone, and of no other job. With if_late it does
so only if the attempt has exceeded its time limit. Returns false if it cancelled nothing.';
