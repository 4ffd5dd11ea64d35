-- pg-dispatch 1.5.0: a node writes the rows of plain jobs itself.
--
-- To call a function that writes a row costs more than the row: its result, and what PL/pgSQL prepares anew in each transaction.
-- PostgreSQL puts the functions below into the INSERT that they are called from, as their bodies are single expressions. Nodes
-- insert into the columns role, due_at, command, max_attempts and headers of pgdispatch.job, and role, handler, due_at, arguments
-- and headers of pgdispatch.handler_job: that these can be inserted into is what later versions of this schema owe to them.
--
-- And a job of a paused queue is not begun again, either, whose worker or node was lost.


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
