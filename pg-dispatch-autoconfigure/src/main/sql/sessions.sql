-- Sessions: which ones are alive, which one runs a job, and how to cancel that job and no other.
--
-- A session that runs the command of a job alone holds the execution lock of the job. The row of a managed job also names the session.
-- A session that interrupts the job locks this row first, and then checks that the job still runs. The running session needs the row
-- before it goes on to its next job, so that no other job is hit.
--
-- A plain job has no such row. The session that runs it is found in pg_locks, and its interruption lock takes the place of the row. If
-- another role holds one of these locks, a plain job cannot be interrupted; it is run all the same.

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
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me      constant regrole   := quote_ident(CURRENT_USER)::regrole;
    holders constant integer[] := ARRAY(SELECT l.pid FROM pgdispatch.lock_holders(pgdispatch.execution_lock(job_id)) AS l);
    managed pgdispatch.managed_job;
BEGIN
    IF cardinality(holders) = 0 THEN   -- Most jobs are not running.
        RETURN (SELECT c.pid FROM pgdispatch.cron_session_running(job_id) AS c);
    END IF;
    PERFORM pg_stat_clear_snapshot();   -- Otherwise this transaction would see all sessions as they were at its first look.
    SELECT m.* INTO managed FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.id = job_id;
    IF NOT FOUND THEN
        RETURN (SELECT a.pid FROM pg_stat_get_activity(NULL) AS a WHERE a.pid = ANY (holders) AND a.usesysid = me::oid LIMIT 1);
    ELSIF managed.started_at IS NULL THEN
        RETURN NULL;
    ELSIF managed.runner IS NULL THEN
        RETURN (SELECT c.pid FROM pgdispatch.cron_session_running(job_id) AS c);
    END IF;
    -- If another role holds the lock instead, a session that is younger than the attempt has got the process id of the lost one. An
    -- attempt in a transaction runs in the statement that began it.
    RETURN (SELECT a.pid
              FROM pg_stat_get_activity(managed.runner) AS a
             WHERE a.usesysid = me::oid
               AND (a.pid = ANY (holders)
                    OR a.backend_start <= managed.started_at
                       AND (managed.held_by = 'non_transactional' OR a.state = 'active' AND a.query_start <= managed.started_at)));
END
$$;

COMMENT ON FUNCTION pgdispatch.session_running(bigint) IS
'Returns the process id of the session that runs the command of the job alone at the moment; NULL: no session does.';


CREATE OR REPLACE FUNCTION pgdispatch.attempt_ends_at(managed pgdispatch.managed_job) RETURNS timestamptz
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF managed.runner IS NULL THEN   -- pg_cron begins it up to a minute after the attempt was counted.
        RETURN (SELECT c.began_at FROM pgdispatch.cron_session_running(managed.id) AS c) + managed.time_limit;
    END IF;
    RETURN managed.started_at + managed.time_limit;
END
$$;

COMMENT ON FUNCTION pgdispatch.attempt_ends_at(pgdispatch.managed_job) IS
'Returns when the time limit of the running SQL job is over; NULL: it has none, or its command has not begun.';


CREATE OR REPLACE FUNCTION pgdispatch.announce_cancellation(job_id bigint, patience interval) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1s'
AS $$
BEGIN
    PERFORM set_config('lock_timeout', greatest(ceil(date_part('epoch', patience) * 1000), 1)::bigint::text, true);
    INSERT INTO pgdispatch.cancellation (role, id) VALUES (quote_ident(CURRENT_USER)::regrole, job_id);
    RETURN true;
EXCEPTION
    WHEN lock_not_available OR deadlock_detected OR unique_violation THEN
        RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.announce_cancellation(bigint, interval) IS
'Part of pgdispatch.cancel. Makes pgdispatch.is_being_cancelled return true until the end of this transaction, or returns
false if another one cancels the job for longer than the patience.';


-- The row that announces a cancellation is not committed before the job is gone, so no session sees it. But an INSERT of the same row
-- has to wait for it.
CREATE OR REPLACE FUNCTION pgdispatch.is_being_cancelled(job_id bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1ms'
AS $$
BEGIN
    INSERT INTO pgdispatch.cancellation (role, id) VALUES (quote_ident(CURRENT_USER)::regrole, job_id) ON CONFLICT DO NOTHING;
    RAISE SQLSTATE 'PD000';   -- The end of the block removes the row.
EXCEPTION
    WHEN SQLSTATE 'PD000' THEN
        RETURN false;
    WHEN lock_not_available THEN
        RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.is_being_cancelled(bigint) IS
'Returns whether another transaction is cancelling the job, which was running when that began.';


CREATE OR REPLACE FUNCTION pgdispatch.interrupt_job(job_id bigint, if_late boolean DEFAULT false) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    session_pid   constant integer := pgdispatch.session_running(job_id);
    me            constant regrole := quote_ident(CURRENT_USER)::regrole;
    may_interrupt boolean;
    sent          boolean := false;
BEGIN
    IF session_pid IS NULL THEN
        RETURN false;
    END IF;
    BEGIN
        -- The session needs the row, or the lock, before it goes on to another job, which must not be cancelled. If it has the row, the
        -- job has ended. This looks at the time after the row was locked: before, another attempt may have been running.
        IF EXISTS (SELECT FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.id = job_id) THEN
            SELECT NOT if_late OR pgdispatch.attempt_ends_at(m) <= clock_timestamp()
              INTO may_interrupt
              FROM pgdispatch.managed_job AS m
             WHERE m.role = me AND m.id = job_id
               FOR KEY SHARE SKIP LOCKED;
        ELSE
            may_interrupt := NOT if_late AND pg_try_advisory_xact_lock(pgdispatch.interruption_lock(session_pid));
        END IF;
        IF may_interrupt AND pgdispatch.session_running(job_id) = session_pid THEN
            sent := pg_cancel_backend(session_pid);
            PERFORM pg_sleep(0.001);
        END IF;
        RAISE SQLSTATE 'PD000';   -- The end of the block releases the lock, whatever happens.
    EXCEPTION
        WHEN SQLSTATE 'PD000' OR serialization_failure THEN
            NULL;
    END;
    RETURN sent;
END
$$;

COMMENT ON FUNCTION pgdispatch.interrupt_job(bigint, boolean) IS
'Cancels the statement of the session that runs the command of the job alone, and of no other job. With if_late it does
so only if the attempt has exceeded its time limit. Returns false if it cancelled nothing.';
