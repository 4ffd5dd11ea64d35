-- pg-dispatch 1.5.0: a node writes the rows of plain jobs itself.
--
-- To call a function that writes a row costs more than the row: its result, and what PL/pgSQL prepares anew in each transaction.
-- PostgreSQL puts the functions below into the INSERT that they are called from, as their bodies are single expressions. Nodes
-- insert into the columns role, due_at, command, max_attempts and headers of pgdispatch.job, and role, handler, due_at, arguments
-- and headers of pgdispatch.handler_job: that these can be inserted into is what later versions of this schema owe to them.
--
-- And a job of a paused queue is not begun again, either, whose worker or node was lost; a command outside of a transaction that
-- failed and holds back its order is not taken for one to be run; and is not run any more once its cancellation is certain.


-- ---------------------------------------------------------------------------------------------------------------------
-- Plain jobs
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION pgdispatch.checked(command text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pgdispatch.check_dispatch(command, '0');
    RETURN command;
END
$$;

COMMENT ON FUNCTION pgdispatch.checked(text) IS
'Part of pgdispatch.dispatchable: returns the command, or refuses what cannot be dispatched.';


CREATE FUNCTION pgdispatch.dispatchable(command text) RETURNS text
LANGUAGE sql
AS $$
    -- Looked at in detail only what is refused, and once a session whether the role may.
    SELECT CASE WHEN command ~ '[^[:space:]]' AND CURRENT_USER = pg_catalog.current_setting('pgdispatch.can_log_in', true)::name
                THEN command
                ELSE pgdispatch.checked(command)
            END
$$;

COMMENT ON FUNCTION pgdispatch.dispatchable(text) IS
'For nodes, which insert into pgdispatch.job: returns the command; fails as pgdispatch.dispatch does if it cannot be dispatched, or the role cannot log in.';


CREATE FUNCTION pgdispatch.woken(due boolean, notify boolean) RETURNS regrole
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF notify THEN
        PERFORM pgdispatch.wake(caller, due);
    ELSE
        PERFORM pgdispatch.wake_cron(caller, due);
    END IF;
    RETURN caller;
END
$$;

COMMENT ON FUNCTION pgdispatch.woken(boolean, boolean) IS
'Part of pgdispatch.waking: returns the current role, of which a driver may rest.';


CREATE FUNCTION pgdispatch.waking(due boolean, notify boolean) RETURNS regrole
LANGUAGE sql
AS $$
    -- See pgdispatch.wake. Whether an application holds its lock is only asked for: who gets a share of it gives that back.
    SELECT CASE WHEN pg_catalog.to_regnamespace('cron') IS NULL
                     AND (NOT notify
                          OR pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.driver_lock(pg_catalog.quote_ident(CURRENT_USER)::regrole))
                             AND NOT (pg_catalog.pg_try_advisory_lock_shared(pgdispatch.application_lock(pg_catalog.quote_ident(CURRENT_USER)::regrole))
                                      AND pg_catalog.pg_advisory_unlock_shared(pgdispatch.application_lock(pg_catalog.quote_ident(CURRENT_USER)::regrole))))
                THEN pg_catalog.quote_ident(CURRENT_USER)::regrole
                ELSE pgdispatch.woken(due, notify)
            END
$$;

COMMENT ON FUNCTION pgdispatch.waking(boolean, boolean) IS
'For nodes, which insert into pgdispatch.job: returns the current role, and wakes who is to run its jobs after the commit: pg_cron, and if notify is true, drivers that rest.';


CREATE FUNCTION pgdispatch.checked(handler text, arguments json) RETURNS json
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pgdispatch.check_handler_dispatch(handler, arguments, '0');
    RETURN arguments;
END
$$;

COMMENT ON FUNCTION pgdispatch.checked(text, json) IS
'Part of pgdispatch.dispatchable: returns the arguments, or refuses what cannot be dispatched.';


CREATE FUNCTION pgdispatch.dispatchable(handler text, arguments json) RETURNS json
LANGUAGE sql
AS $$
    SELECT CASE WHEN handler ~ '[^[:space:]]' AND pg_catalog.json_typeof(arguments) = 'object'
                     AND CURRENT_USER = pg_catalog.current_setting('pgdispatch.can_log_in', true)::name
                THEN arguments
                ELSE pgdispatch.checked(handler, arguments)
            END
$$;

COMMENT ON FUNCTION pgdispatch.dispatchable(text, json) IS
'For nodes, which insert into pgdispatch.handler_job: returns the arguments; fails as pgdispatch.dispatch_handler does if the handler cannot be called with them, or the role cannot log in.';


CREATE FUNCTION pgdispatch.woken_nodes() RETURNS regrole
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
BEGIN
    PERFORM pgdispatch.wake_nodes(caller);
    RETURN caller;
END
$$;

COMMENT ON FUNCTION pgdispatch.woken_nodes() IS
'Part of pgdispatch.waking_nodes: returns the current role, of which a node may rest.';


CREATE FUNCTION pgdispatch.waking_nodes(notify boolean) RETURNS regrole
LANGUAGE sql
AS $$
    SELECT CASE WHEN notify
                     AND NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.handler_lock(pg_catalog.quote_ident(CURRENT_USER)::regrole))
                THEN pgdispatch.woken_nodes()
                ELSE pg_catalog.quote_ident(CURRENT_USER)::regrole
            END
$$;

COMMENT ON FUNCTION pgdispatch.waking_nodes(boolean) IS
'For nodes, which insert into pgdispatch.handler_job: returns the current role, and if notify is true, has its nodes that rest look for jobs after the commit.';


-- ---------------------------------------------------------------------------------------------------------------------
-- Queues
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION pgdispatch.yield_place(INOUT job pgdispatch.managed_job)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
BEGIN
    UPDATE pgdispatch.managed_job AS m SET in_queue = false, slot_at = NULL WHERE m.role = job.role AND m.id = job.id;
    job.in_queue := false;
    job.slot_at := NULL;
    -- Its node may come back while it is held, and is then not to be taken for the one that runs it.
    UPDATE pgdispatch.handler_job AS j
       SET claimed_by = NULL, crashes = coalesce(j.crashes, 0) + 1
     WHERE j.role = job.role AND j.handler = job.handler AND j.due_at = job.place AND j.id = job.id AND j.claimed_by IS NOT NULL;
END
$$;

COMMENT ON FUNCTION pgdispatch.yield_place(pgdispatch.managed_job) IS
'Takes a job out of its queue, of those that may run: its worker or its node was lost, and the queue has been paused since.';


CREATE OR REPLACE FUNCTION pgdispatch.admit(worker_role regrole, job_id bigint, fired_at timestamptz) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job       pgdispatch.managed_job;
    new_place timestamptz;
    lets_key  boolean;
    is_next   boolean;
    before    record;
    for_key   boolean := false;
BEGIN
    SELECT m.* INTO job FROM pgdispatch.managed_job AS m WHERE m.role = worker_role AND m.id = job_id FOR UPDATE;
    lets_key := job.has_key AND job.keep_key IS NULL;
    IF job.in_queue AND EXISTS (SELECT FROM pgdispatch.queue AS q WHERE q.role = job.role AND q.name = job.queue AND q.paused) THEN
        job := pgdispatch.yield_place(job);
    END IF;
    SELECT job.in_order, job.in_queue INTO before;

    IF job.ordering_key IS NOT NULL AND NOT job.in_order THEN
        is_next := pgdispatch.enter_order(job);
        IF is_next THEN
            job.in_order := true;
        ELSIF NOT is_next THEN
            job.held_by := 'order';
            new_place := 'infinity';
        ELSE
            new_place := clock_timestamp() + '50 ms'::interval;
        END IF;
    END IF;
    IF new_place IS NULL AND job.queue IS NOT NULL AND NOT job.in_queue THEN
        job := pgdispatch.enter_queue(job);
        IF NOT job.in_queue THEN
            new_place := CASE WHEN job.held_by IS NULL THEN coalesce(job.slot_at, clock_timestamp() + '50 ms'::interval) ELSE 'infinity' END;
        END IF;
    END IF;
    IF new_place IS NULL AND lets_key THEN
        -- Who has dispatched with the key, and was given this job for it, has not committed yet what the job is to see.
        IF pg_try_advisory_xact_lock(pgdispatch.key_lock(worker_role, job.key)) THEN
            DELETE FROM pgdispatch.job_key AS k WHERE k.role = worker_role AND k.key = job.key AND k.id = job_id;
            job.has_key := false;
        ELSE
            new_place := clock_timestamp() + least(greatest((clock_timestamp() - admit.fired_at) / 4, '20 ms'::interval), '2 seconds'::interval);
            -- That may take long, and is not to cost others their place.
            job.in_order := before.in_order;
            job.in_queue := before.in_queue;
            for_key := true;
        END IF;
    END IF;

    UPDATE pgdispatch.managed_job AS m
       SET in_order = job.in_order,
           in_queue = job.in_queue,
           slot_at = job.slot_at,
           held_by = job.held_by,
           has_key = job.has_key
     WHERE m.role = worker_role AND m.id = job_id;
    IF new_place IS NOT NULL THEN
        PERFORM pgdispatch.move(job, new_place);
        IF for_key AND job.queue IS NOT NULL THEN
            PERFORM pgdispatch.advance_queue(worker_role, job.queue, true);
        END IF;
    END IF;
    RETURN new_place IS NULL;
END
$$;


-- ---------------------------------------------------------------------------------------------------------------------
-- Outside of a transaction
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION pgdispatch.outside_may_begin(job pgdispatch.managed_job) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN pgdispatch.outside_is_free(job)
       AND NOT EXISTS (SELECT FROM pgdispatch.queue AS q WHERE q.role = job.role AND q.name = job.queue AND q.paused);
END
$$;

COMMENT ON FUNCTION pgdispatch.outside_may_begin(pgdispatch.managed_job) IS
'Whether nobody runs a command that is to be run outside of a transaction, and its queue is not paused.';


CREATE FUNCTION pgdispatch.take_outside(job pgdispatch.managed_job) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    IF NOT pgdispatch.outside_may_begin(job) OR pgdispatch.is_cancelled(job.id) THEN
        RETURN false;
    END IF;
    -- Whoever has the row cancels the job; or will find that it runs.
    PERFORM FROM pgdispatch.job AS j WHERE j.role = job.role AND j.due_at = job.place AND j.id = job.id FOR UPDATE SKIP LOCKED;
    RETURN FOUND;
END
$$;

COMMENT ON FUNCTION pgdispatch.take_outside(pgdispatch.managed_job) IS
'Part of what begins commands outside of a transaction: locks the job''s row; false if it may not begin, or somebody cancels it.';


CREATE FUNCTION pgdispatch.runs_outside(job_id bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    RETURN EXISTS (SELECT
                     FROM pgdispatch.managed_job AS m
                    WHERE m.role = quote_ident(CURRENT_USER)::regrole
                      AND m.id = job_id
                      AND m.held_by = 'outside'
                      AND m.started_at IS NOT NULL
                      AND NOT pgdispatch.outside_is_free(m));
END
$$;

COMMENT ON FUNCTION pgdispatch.runs_outside(bigint) IS
'Whether the job is a command of the current role that runs outside of a transaction now.';


CREATE OR REPLACE FUNCTION pgdispatch.is_outside_due() RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    me  constant regrole := quote_ident(CURRENT_USER)::regrole;
    job pgdispatch.managed_job;
BEGIN
    FOR job IN SELECT m.* FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.held_by = 'outside' LOOP
        IF pgdispatch.outside_may_begin(job) THEN
            RETURN NOT EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = me AND p.handler = '');
        END IF;
    END LOOP;
    RETURN false;
END
$$;


CREATE OR REPLACE FUNCTION pgdispatch.begin_outside(OUT id bigint, OUT command text, OUT attempt integer, OUT time_limit interval)
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
        SELECT m.* FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.held_by = 'outside' ORDER BY m.rank, m.id FOR UPDATE SKIP LOCKED
    LOOP
        CONTINUE WHEN NOT pgdispatch.take_outside(job);
        -- For as long as the session lives, or until it unlocks it: see session_of.
        CONTINUE WHEN NOT pg_try_advisory_lock(1885824124, pgdispatch.low(job.id));
        job := pgdispatch.count_outside(job);
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


CREATE OR REPLACE FUNCTION pgdispatch.cron_run_outside() RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me       constant regrole := quote_ident(CURRENT_USER)::regrole;
    attended constant boolean := pgdispatch.has_application(me);
    timezone text;
    minute   timestamptz;
    job      pgdispatch.managed_job;
    worker   pgdispatch.cron_worker;
    run      record;
    busy     boolean := false;
BEGIN
    FOR worker IN SELECT w.* FROM pgdispatch.cron_worker AS w WHERE w.role = me AND w.purpose = 'outside' LOOP
        SELECT r.* INTO run FROM pgdispatch.cron_run(worker.id, worker.after_run) AS r;
        SELECT m.* INTO job FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.id = worker.job_id;
        IF job.id IS NULL OR run.status IN ('succeeded', 'failed') OR NOT pgdispatch.cron_is_sound(worker.id, worker.home) THEN
            -- What the message says of an error is all that there is.
            IF job.id IS NOT NULL AND run.status IN ('succeeded', 'failed') THEN
                PERFORM pgdispatch.end_outside(job.id, job.attempts,
                    CASE WHEN run.status = 'failed' THEN CASE WHEN run.return_message LIKE '%canceling statement%' THEN '57014' ELSE 'XX000' END END,
                    run.return_message);
            END IF;
            DELETE FROM cron.job_run_details AS d
             USING cron.job AS j
             WHERE j.jobname = pgdispatch.cron_name(worker.id) AND j.username = CURRENT_USER
               AND d.jobid = j.jobid AND d.runid > worker.after_run;
            PERFORM pgdispatch.cron_remove(me, worker.id);
        ELSE
            busy := true;
        END IF;
    END LOOP;

    IF attended OR EXISTS (SELECT FROM pgdispatch.pause AS p WHERE p.role = me AND p.handler = '') THEN
        RETURN busy;
    END IF;
    FOR job IN
        SELECT m.* FROM pgdispatch.managed_job AS m WHERE m.role = me AND m.held_by = 'outside' ORDER BY m.rank, m.id FOR UPDATE SKIP LOCKED
    LOOP
        busy := true;
        CONTINUE WHEN NOT pgdispatch.take_outside(job);
        job := pgdispatch.count_outside(job);
        CONTINUE WHEN job.id IS NULL;
        -- Not each second, as a worker: it would be begun again before we can see that it has ended. A minute that has begun when
        -- pg_cron learns of it would be missed.
        timezone := (SELECT c.timezone FROM pgdispatch.cron_configuration() AS c);
        minute := date_trunc('minute', clock_timestamp() + '1 minute 3 seconds'::interval);
        INSERT INTO pgdispatch.cron_worker (role, purpose, after_run, job_id)
        VALUES (me, 'outside', pgdispatch.cron_last_run(), job.id)
        RETURNING * INTO worker;
        PERFORM cron.schedule(pgdispatch.cron_name(worker.id),
                    CASE WHEN timezone IS NULL THEN '* * * * *' ELSE to_char(minute AT TIME ZONE timezone, 'FMMI FMHH24 FMDD FMMM *') END,
                    (SELECT j.command FROM pgdispatch.job AS j WHERE j.role = me AND j.due_at = job.place AND j.id = job.id));
    END LOOP;
    RETURN busy;
END
$$;


CREATE OR REPLACE FUNCTION pgdispatch.cancel(job_id bigint, patience interval DEFAULT '5 seconds') RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me      constant regrole     := quote_ident(CURRENT_USER)::regrole;
    ends_at constant timestamptz := clock_timestamp() + patience;
    job     record;
    sent    boolean := false;
    answer  text;
BEGIN
    PERFORM pg_advisory_xact_lock(1885824125, pgdispatch.low(job_id));   -- See is_cancelled.
    LOOP
        SELECT p.* INTO job FROM pgdispatch.place_of(job_id) AS p;
        IF job.place IS NULL THEN
            RETURN NULL;
        END IF;
        IF job.handler IS NOT NULL THEN
            answer := pgdispatch.cancel_handler(job.handler, job.place, job_id);
        ELSIF NOT pgdispatch.runs_outside(job_id) THEN   -- Which it does without a lock on its row.
            PERFORM FROM pgdispatch.job AS j
              WHERE j.role = me AND j.due_at = job.place AND j.id = job_id
                FOR UPDATE SKIP LOCKED;
            IF FOUND AND NOT pgdispatch.runs_outside(job_id) THEN   -- It may have been begun just before we had the row.
                DELETE FROM pgdispatch.job AS j WHERE j.role = me AND j.due_at = job.place AND j.id = job_id;
                answer := CASE WHEN sent THEN 'interrupted' ELSE 'cancelled' END;
            END IF;
        END IF;
        IF answer IN ('cancelled', 'interrupted') AND (job.asked).id IS NOT NULL THEN
            PERFORM pgdispatch.end_managed(me, job_id, 'cancelled', false);
        END IF;
        IF answer IS NOT NULL THEN
            RETURN answer;
        END IF;

        IF job.handler IS NULL THEN
            sent := pgdispatch.interrupt(job_id) OR sent;
        END IF;
        IF clock_timestamp() > ends_at THEN
            RETURN 'interrupting';
        END IF;
        PERFORM pg_sleep(0.005);
    END LOOP;
END
$$;


CREATE OR REPLACE FUNCTION pgdispatch.end_managed(
    worker_role regrole, job_id bigint, new_state text, in_worker boolean,
    value json DEFAULT NULL, row_count bigint DEFAULT NULL, error_sqlstate text DEFAULT NULL, error_message text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    job pgdispatch.managed_job;
BEGIN
    DELETE FROM pgdispatch.managed_job AS m WHERE m.role = worker_role AND m.id = job_id RETURNING m.* INTO job;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF new_state = 'failed' AND job.in_order AND job.on_failure IS DISTINCT FROM 'pass' THEN
        job.failed := true;
        job.started_at := NULL;
        job.held_by := NULL;   -- It only holds back the others of its order, and is not to be run outside of a transaction again.
        job.in_queue := false;
        INSERT INTO pgdispatch.managed_job SELECT job.*;
    END IF;
    IF job.has_key THEN
        IF new_state = 'done' AND job.keep_key IS NOT NULL THEN
            UPDATE pgdispatch.job_key AS k SET expires_at = clock_timestamp() + job.keep_key
             WHERE k.role = worker_role AND k.key = job.key AND k.id = job_id;
        ELSE
            DELETE FROM pgdispatch.job_key AS k WHERE k.role = worker_role AND k.key = job.key AND k.id = job_id;
        END IF;
    END IF;
    IF job.result IS NOT NULL THEN
        INSERT INTO pgdispatch.result (role, id, state, value, row_count, sqlstate, message, expires_at)
        VALUES (worker_role, job_id, new_state, end_managed.value, end_managed.row_count, error_sqlstate, error_message,
                clock_timestamp() + job.keep_result)
        ON CONFLICT (role, id) DO UPDATE
        SET state = excluded.state, value = excluded.value, row_count = excluded.row_count, sqlstate = excluded.sqlstate,
            message = excluded.message, finished_at = excluded.finished_at, expires_at = excluded.expires_at;
        PERFORM pg_notify(pgdispatch.result_channel(worker_role), job_id::text);
    END IF;
    IF new_state = 'cancelled' THEN   -- By a transaction that may stay open.
        PERFORM pgdispatch.advance_later(job.ordering_key, job.queue);
    ELSE
        PERFORM pgdispatch.leave(job, in_worker);
    END IF;
END
$$;


-- These have been taken for commands to be run, again and again.
UPDATE pgdispatch.managed_job AS m SET held_by = NULL, started_at = NULL WHERE m.failed AND m.held_by = 'outside';


-- ---------------------------------------------------------------------------------------------------------------------
-- Version and privileges
-- ---------------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION pgdispatch.version() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT '1.5.0'::text $$;


REVOKE ALL ON ALL ROUTINES IN SCHEMA pgdispatch FROM PUBLIC;

DO $$
DECLARE
    grantee regrole;
BEGIN
    -- Who could dispatch before must not fail to in between.
    FOR grantee IN
        SELECT DISTINCT a.grantee
          FROM pg_catalog.pg_class AS c,
               pg_catalog.aclexplode(c.relacl) AS a
         WHERE c.oid = 'pgdispatch.job'::regclass
           AND a.privilege_type = 'INSERT'
           AND a.grantee NOT IN (0, c.relowner)
    LOOP
        CALL pgdispatch.grant_to(grantee);
    END LOOP;
END
$$;
