-- pg_cron: how a dispatch gets a worker where no application runs, so that nothing runs while nothing is due.
--
-- A dispatch that finds no worker schedules one with pg_cron in its own transaction. The worker starts a second or two after the
-- commit, runs jobs with pgdispatch.work until none is left, lingers for a while, and removes itself (see cron_worker.sql). It must
-- not exit just when a dispatch relies on it. Hence:
--
--   * A dispatch that RELIES on a worker that it did not schedule holds the reliance lock, shared, until its transaction ends. It
--     never waits for this lock: if it cannot have it, it relies on no worker and schedules its own.
--   * A worker that exits, or stops looking at the queue for a long job, takes this lock exclusively first, and looks at the queue
--     once more with a new snapshot. If it cannot have the lock, it stays, or schedules a successor.
--   * These are locks and not rows, because a REPEATABLE READ transaction sees old rows, and reading rows could make a SERIALIZABLE
--     transaction fail. Such transactions find out by a unique index whether a worker was promised.
--
-- PgCronHandshakeModelTests searches all interleavings of this handshake.
--
-- Further rules: no name in cron.job is used twice, there is never one cron job per dispatch, and nothing runs in a worker's session
-- after its row was unscheduled and that was committed.

CREATE OR REPLACE FUNCTION pgdispatch.cron_problem() RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller  constant regrole := quote_ident(CURRENT_USER)::regrole;
    version constant text    := (SELECT e.extversion FROM pg_extension AS e WHERE e.extname = 'pg_cron');
BEGIN
    RETURN CASE
        WHEN version IS NULL THEN CASE WHEN pgdispatch.cron_is_elsewhere() THEN 'elsewhere' ELSE 'missing' END
        WHEN (SELECT c.database FROM pgdispatch.cron_configuration() AS c) <> current_database()::text THEN 'elsewhere'   -- A copy.
        WHEN string_to_array(substring(version FROM '^[0-9.]*[0-9]'), '.')::integer[] < ARRAY[1, 5] THEN 'old'
        WHEN NOT pgdispatch.cron_is_genuine() THEN 'renamed'
        WHEN (SELECT c.objects FROM pgdispatch.cron_missing_privilege() AS c) IS NOT NULL THEN 'privilege'
        WHEN pgdispatch.cron_max_workers(caller) = 0 THEN 'off'
    END;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_problem() IS
'Returns NULL if pg_cron can run the current role''s jobs, and otherwise the reason why it cannot.
missing: the server has no pg_cron. elsewhere: pg_cron is in another database. old: it is older than 1.5, which cannot
schedule by seconds. renamed: its schema is no longer named cron, and pg_cron itself does not find it. privilege: the role
lacks a privilege on the schema cron or on what is in it. off: the setting cron_workers is 0.
Example: SELECT pgdispatch.cron_problem()';


-- Anybody who may create schemas in this database could create one that is named cron, if pg_cron has none.
CREATE OR REPLACE FUNCTION pgdispatch.cron_is_genuine() RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN EXISTS (SELECT
                     FROM pg_extension AS e
                     JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
                    WHERE e.extname = 'pg_cron'
                      AND d.classid = 'pg_namespace'::regclass
                      AND d.objid = to_regnamespace('cron')::oid);
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_is_genuine() IS 'Returns whether the schema cron is that of the extension pg_cron.';


-- What does not exist counts as permitted here. Whoever uses it gets the error that says so.
CREATE OR REPLACE FUNCTION pgdispatch.cron_missing_privilege(OUT privileges text, OUT objects text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF to_regnamespace('cron') IS NULL THEN
        RETURN;
    ELSIF NOT has_schema_privilege('cron', 'USAGE') THEN
        privileges := 'USAGE';
        objects := 'SCHEMA cron';
    ELSIF NOT (has_function_privilege(to_regprocedure('cron.schedule(text,text,text)')::oid, 'EXECUTE')
               AND has_function_privilege(to_regprocedure('cron.unschedule(bigint)')::oid, 'EXECUTE')
               AND has_function_privilege(to_regprocedure('cron.unschedule(text)')::oid, 'EXECUTE')) THEN
        privileges := 'EXECUTE';
        objects := 'FUNCTION cron.schedule(text, text, text), cron.unschedule(bigint), cron.unschedule(text)';
    ELSIF NOT has_language_privilege('plpgsql', 'USAGE') THEN
        privileges := 'USAGE';
        objects := 'LANGUAGE plpgsql';
    ELSIF NOT has_table_privilege(to_regclass('cron.job')::oid, 'SELECT') THEN
        privileges := 'SELECT';
        objects := 'TABLE cron.job';
    ELSIF NOT (has_table_privilege(to_regclass('cron.job_run_details')::oid, 'SELECT')
               AND has_table_privilege(to_regclass('cron.job_run_details')::oid, 'DELETE')) THEN
        privileges := 'SELECT, DELETE';
        objects := 'TABLE cron.job_run_details';
    ELSIF NOT has_sequence_privilege(to_regclass('cron.runid_seq')::oid, 'USAGE, SELECT') THEN
        privileges := 'SELECT';
        objects := 'SEQUENCE cron.runid_seq';
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_missing_privilege() IS
'Part of pgdispatch.cron_problem. Returns what is to be granted to the current role so that it can use pg_cron; NULL: it
has all that it needs.';


-- Only superusers and members of pg_read_all_settings may read these settings. The owner of the schema often is one of them, so this
-- function runs with its rights.
CREATE OR REPLACE FUNCTION pgdispatch.cron_configuration(
    OUT timezone text, OUT max_running_jobs integer, OUT database text, OUT host text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    timezone := coalesce(current_setting('cron.timezone', true), 'GMT');
    max_running_jobs := current_setting('cron.max_running_jobs', true);
    database := current_setting('cron.database_name', true);
    host := current_setting('cron.host', true);
EXCEPTION
    WHEN insufficient_privilege THEN
        NULL;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_configuration() IS
'Returns settings of pg_cron: the time zone of schedules, the maximum number of jobs that it runs at once, its database,
and the host to which it connects. NULL: the owner of this function may not read it.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_is_elsewhere() RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN pg_catalog.current_setting('cron.database_name', true) OPERATOR(pg_catalog.<>) pg_catalog.current_database();
EXCEPTION
    WHEN insufficient_privilege THEN
        RETURN true;   -- The setting exists, and only superusers may read it.
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_is_elsewhere() IS
'Returns whether the server has pg_cron in another database. For a database without the extension pg_cron; NULL: the
server has none.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_max_workers(worker_role regrole) RETURNS integer
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN least((pgdispatch.settings(worker_role)).cron_workers::integer,
                 (SELECT nullif(c.max_running_jobs, 1) - 1 FROM pgdispatch.cron_configuration() AS c));
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_max_workers(regrole) IS
'Returns the maximum number of pg_cron workers of the role: the setting cron_workers, or what pg_cron can run beside
one job of others if that is less. A pg_cron that runs only one job at once does not limit it.';


-- A worker of pg_cron is optional: whatever pg_cron says, the caller's transaction goes on, and the job waits. What fails is undone in a
-- subtransaction, and is not tried again in the same transaction. A lock on pg_cron's tables costs the caller a second at most.
CREATE OR REPLACE FUNCTION pgdispatch.cron_schedule_worker(due boolean, can_rely boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1s'
AS $$
DECLARE
    caller  constant regrole := quote_ident(CURRENT_USER)::regrole;
    problem text;
BEGIN
    problem := pgdispatch.cron_problem();
    IF problem IS NULL THEN
        PERFORM pgdispatch.cron_ensure_worker(caller, due, can_rely);
    ELSE
        PERFORM pgdispatch.warn_no_driver(problem);
        PERFORM set_config('pgdispatch.covered', caller::oid::text || ' due'::text, true);
    END IF;
EXCEPTION
    WHEN OTHERS THEN
        -- PostgreSQL must not commit a SERIALIZABLE transaction that it has refused to go on with.
        IF SQLSTATE = '40001' AND current_setting('transaction_isolation') = 'serializable' THEN
            RAISE;
        END IF;
        PERFORM pgdispatch.warn_no_driver('error', format('%s (SQLSTATE %s)', SQLERRM, SQLSTATE));
        PERFORM set_config('pgdispatch.covered', caller::oid::text || ' due'::text, true);
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_schedule_worker(boolean, boolean) IS
'Part of what dispatches commands. Ensures that a worker of pg_cron looks at the queue after the commit of this
transaction, or warns that none can. due: whether the job is due at once. can_rely: whether this transaction holds the
reliance lock.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_ensure_worker(caller regrole, due boolean, can_rely boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- Only READ COMMITTED reads the present state of the workers, and reading them would cause conflicts under SERIALIZABLE.
    sees_latest constant boolean := pgdispatch.sees_latest_commits();
    -- The others know at least which worker they have scheduled themselves. Their further jobs may need further workers.
    one_more    constant boolean := sees_latest
                                    OR due AND coalesce(current_setting('pgdispatch.promised', true) = caller::oid::text, false);
    max_workers integer;
    present     integer := 0;
    promised    integer := 0;
    schedule    text    := '1 second';
BEGIN
    -- A worker that exits holds the lock exclusively while it commits. Waiting a few milliseconds for that saves another worker. If
    -- the exit takes longer, another worker is scheduled.
    FOR attempt IN 1 .. 5 LOOP
        EXIT WHEN can_rely;
        PERFORM pg_sleep(0.001);
        can_rely := pg_try_advisory_xact_lock_shared(pgdispatch.cron_reliance_lock(caller));
        IF can_rely AND pgdispatch.is_locked_exclusively(pgdispatch.cron_lookout_lock(caller)) THEN
            RETURN;
        END IF;
    END LOOP;

    IF pgdispatch.has_application(caller) THEN
        schedule := '10 seconds';   -- This worker only runs what is left if the application fails.
        due := false;
    END IF;

    IF sees_latest THEN
        PERFORM pgdispatch.cron_follow_renames();
        PERFORM pgdispatch.warn_no_driver('former', w.role_name)
           FROM pgdispatch.cron_worker AS w
          WHERE w.role = caller
            AND w.role_name <> CURRENT_USER
            AND w.database_id = pgdispatch.database_id()
            AND NOT pgdispatch.cron_is_sound(w.id, w.database_id);
    END IF;
    max_workers := pgdispatch.cron_max_workers(caller);
    IF can_rely AND sees_latest THEN
        -- pg_cron 1.5.2 to 1.6.7 may miss a change of cron.job, and learns of it with the next one. A worker that is overdue therefore
        -- does not count. While pg_cron starts nothing, this doubles the number of workers at most.
        SELECT count(*) - least(count(*) FILTER (WHERE o.is_overdue), max_workers), count(w.promise) FILTER (WHERE NOT o.is_overdue)
          INTO present, promised
          FROM pgdispatch.cron_worker AS w
         CROSS JOIN LATERAL (SELECT w.runs = 0 AND w.scheduled_at < clock_timestamp() - '15 seconds'::interval) AS o (is_overdue)
         WHERE w.role = caller
           AND w.purpose = 'work'
           AND pgdispatch.cron_is_sound(w.id, w.database_id);
        -- Every worker looks at the queue before it exits, and none exits before this transaction has ended. A job that is due at
        -- once gets one more worker, because the others may be about to run long jobs.
        IF present >= max_workers OR (promised > 0 AND NOT due) THEN
            PERFORM set_config('pgdispatch.covered', caller::oid::text || CASE WHEN present >= max_workers THEN ' due' ELSE ' snoozed' END, true);
            RETURN;
        END IF;
    END IF;

    IF can_rely THEN
        CASE pgdispatch.cron_promise_worker(caller, max_workers, schedule, one_more)
            WHEN 'given' THEN
                PERFORM set_config('pgdispatch.promised', caller::oid::text, true);
                RETURN;
            WHEN 'there' THEN
                PERFORM set_config('pgdispatch.covered', caller::oid::text || ' due'::text, true);
                RETURN;
            ELSE
                IF one_more AND NOT sees_latest THEN
                    PERFORM set_config('pgdispatch.covered', caller::oid::text || ' due'::text, true);
                    RETURN;
                END IF;
        END CASE;
    END IF;
    IF present = 0 THEN
        PERFORM pgdispatch.cron_schedule(caller, 'work', NULL, schedule, NULL);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_ensure_worker(regrole, boolean, boolean) IS
'Part of pgdispatch.cron_schedule_worker. Schedules a worker of pg_cron unless one will look at the queue after the
commit of this transaction.';


-- Waiting for another transaction's promise would mean waiting for that transaction. The lock of a promise shows that it was given and
-- is not committed yet. The lock timeout is the last resort.
CREATE OR REPLACE FUNCTION pgdispatch.cron_promise_worker(worker_role regrole, max_count integer, schedule text, one_more boolean) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1ms'
AS $$
DECLARE
    was_removed boolean := false;
BEGIN
    FOR number IN 1 .. max_count LOOP
        CONTINUE WHEN pgdispatch.is_locked_exclusively(pgdispatch.cron_promise_lock(worker_role, number));
        BEGIN
            IF pgdispatch.cron_schedule(worker_role, 'work', number, schedule, NULL) THEN
                PERFORM pg_try_advisory_xact_lock(pgdispatch.cron_promise_lock(worker_role, number));
                RETURN 'given';
            END IF;
        EXCEPTION
            WHEN serialization_failure THEN
                NULL;       -- The promise was given and committed after our snapshot.
            WHEN lock_not_available THEN
                CONTINUE;   -- Another transaction is giving the promise.
        END;
        IF NOT one_more THEN
            -- The worker of that promise comes, unless an administrator has removed it. A SERIALIZABLE transaction does not look for
            -- that, because it would conflict with others by reading so much.
            was_removed := current_setting('transaction_isolation') = 'repeatable read'
                AND EXISTS (SELECT
                              FROM pgdispatch.cron_worker AS w
                             WHERE w.role = worker_role
                               AND w.promise = number
                               AND w.promised_in = date_trunc('minute', clock_timestamp())
                               AND NOT pgdispatch.cron_is_sound(w.id, w.database_id));
            IF NOT was_removed THEN
                RETURN 'there';
            END IF;
        END IF;
    END LOOP;
    RETURN CASE WHEN was_removed THEN 'there' ELSE 'open' END;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_promise_worker(regrole, integer, text, boolean) IS
'Part of pgdispatch.cron_ensure_worker. Schedules a worker on which other dispatches may rely. Returns given if it comes
with this commit, there if there is one and one_more is false, and open if open transactions have given all promises.';


-- The function reads none of the rows that it wrote. Under SERIALIZABLE this would conflict with every transaction that writes beside
-- it.
CREATE OR REPLACE FUNCTION pgdispatch.cron_schedule(
    worker_role regrole, worker_purpose text, worker_promise integer, schedule text, worker_wakes_at timestamptz)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    new_id bigint;
BEGIN
    INSERT INTO pgdispatch.cron_worker (role, purpose, promise, wakes_at, after_run)
    VALUES (worker_role, worker_purpose, worker_promise, worker_wakes_at, pgdispatch.cron_last_run())
    ON CONFLICT (role, database_id, promise, promised_in) DO NOTHING
    RETURNING id INTO new_id;
    IF new_id IS NULL THEN
        RETURN false;
    END IF;
    PERFORM cron.schedule(pgdispatch.cron_name(new_id), schedule, pgdispatch.cron_command(new_id));
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_schedule(regrole, text, integer, text, timestamptz) IS
'Schedules a worker of the current role. Returns false if the promise of that number was given before.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_unschedule(worker_role regrole, worker_id bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM cron.unschedule(j.jobid)
       FROM cron.job AS j
      WHERE j.jobname = pgdispatch.cron_name(worker_id)
        AND j.username = CURRENT_USER;
    -- A row in cron.job with the former name of the role is not visible. This row shows that there may be one, until pg_cron starts a
    -- worker under the new name, which it does not do while there is one.
    DELETE FROM pgdispatch.cron_worker AS w
     WHERE w.role = worker_role
       AND w.id = worker_id
       AND (FOUND OR w.role_name = CURRENT_USER OR w.purpose NOT IN ('work', 'alarm', 'reboot')
            OR EXISTS (SELECT FROM pgdispatch.cron_worker AS o WHERE o.role = worker_role AND o.role_name = CURRENT_USER AND o.runs > 0));
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_unschedule(regrole, bigint) IS
'Removes a worker of the current role. Nothing may run in the worker''s session after the commit, because pg_cron
may end the session at any time.';


-- While cron.job names a role that does not exist, pg_cron runs no job of anybody. Only superusers see and may change such a row, so this
-- function runs with the rights of the owner of the schema, for the rows of all roles. It takes nothing from its caller.
CREATE OR REPLACE FUNCTION pgdispatch.cron_follow_renames() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    orphan record;
BEGIN
    -- Under SERIALIZABLE, reading all of cron.job would conflict with every dispatch.
    IF NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = CURRENT_USER) OR NOT pgdispatch.sees_latest_commits()
       OR NOT pgdispatch.cron_is_genuine() THEN
        RETURN;
    END IF;
    FOR orphan IN
        SELECT j.jobid, j.command
          FROM cron.job AS j
         WHERE j.jobname LIKE 'pgdispatch worker %'
           AND j.database = current_database()
           AND NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = j.username)
           FOR UPDATE OF j SKIP LOCKED
    LOOP
        UPDATE cron.job AS j
           SET username = r.rolname
          FROM pgdispatch.cron_worker AS w
          JOIN pg_roles AS r ON r.oid = w.role::oid
         WHERE j.jobid = orphan.jobid
           AND pgdispatch.cron_command(w.id) = orphan.command;
        IF NOT FOUND THEN
            DELETE FROM cron.job AS j WHERE j.jobid = orphan.jobid;
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_follow_renames() IS
'Gives the workers in cron.job whose role was renamed its new name, and removes those whose role was dropped. If the owner
of the schema is no superuser, it does nothing.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_is_sound(worker_id bigint, worker_database_id text) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN worker_database_id = pgdispatch.database_id()
       AND EXISTS (SELECT
                     FROM cron.job AS j
                    WHERE j.jobname = pgdispatch.cron_name(worker_id)
                      AND j.username = CURRENT_USER
                      AND j.database = current_database()
                      AND j.nodename = coalesce((SELECT c.host FROM pgdispatch.cron_configuration() AS c), j.nodename)
                      AND j.nodeport = current_setting('port')::integer
                      AND j.active);
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_is_sound(bigint, text) IS
'Returns whether pg_cron of this server and database starts the worker: not if an administrator removed or deactivated
it, it came with a dump, or what it names has another name by now.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_name(worker_id bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'pgdispatch worker ' OPERATOR(pg_catalog.||) worker_id::pg_catalog.text $$;

COMMENT ON FUNCTION pgdispatch.cron_name(bigint) IS
'Returns the name of the worker''s counterpart in cron.job. No name is used twice, because of two open transactions that
schedule the same name, the second waits for the first.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_command(worker_id bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT pg_catalog.replace('DO $x$BEGIN SET ROLE NONE;IF pg_catalog.to_regprocedure(''pgdispatch.cron_work(bigint)'')IS NULL THEN '
        'PERFORM cron.unschedule(j.jobid)FROM cron.job AS j WHERE j.jobname OPERATOR(pg_catalog.=)''pgdispatch worker ?'';'
        'ELSE CALL pgdispatch.cron_work(?);END IF;END$x$', '?', worker_id::pg_catalog.text)
$$;

COMMENT ON FUNCTION pgdispatch.cron_command(bigint) IS
'Returns the command of the worker''s counterpart in cron.job. It removes itself if the schema was dropped, unless an
earlier run has done so. The role that the session logs in as may take on another one by default.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_last_run() RETURNS bigint
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN coalesce(pg_catalog.pg_sequence_last_value('cron.runid_seq'), 0);
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_last_run() IS 'Returns the highest id that cron.job_run_details has had so far.';
