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
        WHEN string_to_array(substring(version FROM '^[0-9.]*[0-9]'), '.')::integer[] < ARRAY[1, 5] THEN 'old'
        WHEN NOT has_schema_privilege('cron', 'USAGE') THEN 'privilege'
        WHEN pgdispatch.cron_max_workers(caller) = 0 THEN 'off'
    END;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_problem() IS
'NULL where pg_cron can run the current role''s jobs. Otherwise why not. missing: the server has no pg_cron. elsewhere: it is in another database. old: it is older than 1.5, which cannot count seconds. privilege: the role has no USAGE on schema cron. off: the setting cron_workers is 0.';


-- Only superusers and pg_read_all_settings may read these, of whom the owner of the schema often is one.
CREATE OR REPLACE FUNCTION pgdispatch.cron_configuration(OUT timezone text, OUT max_running_jobs integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    timezone := coalesce(current_setting('cron.timezone', true), 'GMT');
    max_running_jobs := current_setting('cron.max_running_jobs', true);
EXCEPTION
    WHEN insufficient_privilege THEN
        NULL;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_configuration() IS
'The time zone of pg_cron''s schedules and how many jobs it runs at once; NULL where the owner of this function may not know.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_is_elsewhere() RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN pg_catalog.current_setting('cron.database_name', true) <> pg_catalog.current_database();
EXCEPTION
    WHEN insufficient_privilege THEN
        RETURN true;   -- There is such a setting, which only superusers may read.
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_is_elsewhere() IS
'In a database without the extension pg_cron: whether the server has it, for another one.';


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
'Maximum number of pg_cron workers of the role: what the setting cron_workers allows, and pg_cron has room for beside one job of others.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_schedule_worker(due boolean, can_rely boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller  constant regrole := quote_ident(CURRENT_USER)::regrole;
    problem constant text    := pgdispatch.cron_problem();
    -- What is read is of now only under READ COMMITTED; and to read at all costs a SERIALIZABLE transaction conflicts.
    sees    constant boolean := current_setting('transaction_isolation') IN ('read committed', 'read uncommitted');
    bound    integer;
    present  integer := 0;
    promised integer := 0;
    schedule text    := '1 second';
BEGIN
    IF problem IS NOT NULL THEN
        PERFORM pgdispatch.warn_no_driver(problem);
        RETURN;
    END IF;

    -- A worker that is leaving has the lock exclusively, for as long as its commit takes. To wait a moment for that spares another
    -- worker, and is not to wait for it: should it be held up, another one comes.
    FOR attempt IN 1 .. 5 LOOP
        EXIT WHEN can_rely;
        PERFORM pg_sleep(0.001);
        can_rely := pg_try_advisory_xact_lock_shared(pgdispatch.cron_reliance_lock(caller));
        IF can_rely AND pgdispatch.is_locked_exclusively(pgdispatch.cron_lookout_lock(caller)) THEN
            RETURN;
        END IF;
    END LOOP;

    IF pgdispatch.has_application(caller) THEN
        schedule := '10 seconds';   -- For what is left if the application that is there should fail. See attend.
        due := false;
    END IF;

    bound := pgdispatch.cron_max_workers(caller);
    IF can_rely AND sees THEN
        SELECT count(*), count(w.promise)
          INTO present, promised
          FROM pgdispatch.cron_worker AS w
         WHERE w.role = caller
           AND w.purpose = 'work'
           AND pgdispatch.cron_is_sound(w.id, w.database_id);
        -- All of them look at the queue before they go, and none goes before this transaction has ended. A due job brings one
        -- more, as those may be about to run long ones.
        IF present >= bound OR (promised > 0 AND NOT due) THEN
            PERFORM set_config('pgdispatch.covered', caller::oid || CASE WHEN present >= bound THEN ' due' ELSE ' snoozed' END, true);
            RETURN;
        END IF;
    END IF;

    IF can_rely THEN
        CASE pgdispatch.cron_promise_worker(caller, bound, schedule, sees)
            WHEN 'given' THEN
                RETURN;
            WHEN 'there' THEN
                PERFORM set_config('pgdispatch.covered', caller::oid || ' due', true);
                RETURN;
            ELSE
                NULL;
        END CASE;
    END IF;
    IF present = 0 THEN
        PERFORM pgdispatch.cron_schedule(caller, 'work', NULL, schedule, NULL);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_schedule_worker(boolean, boolean) IS
'Part of pgdispatch.dispatch: sees to it that a worker of pg_cron looks at the current role''s queue after this transaction''s commit. With can_rely, the transaction holds the reliance lock.';


-- To wait for another transaction's promise would be to wait for that transaction. The timeout is a last resort, as a promise that
-- is not committed shows in its lock.
CREATE OR REPLACE FUNCTION pgdispatch.cron_promise_worker(worker_role regrole, max_count integer, schedule text, one_more boolean) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1ms'
AS $$
DECLARE
    taken_away boolean := false;
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
                NULL;       -- It has been given and committed, though not for our snapshot.
            WHEN lock_not_available THEN
                CONTINUE;   -- Another transaction is just giving it.
        END;
        IF NOT one_more THEN
            -- Unless an administrator has taken it away, of which a SERIALIZABLE transaction cannot know: it would read too much.
            taken_away := current_setting('transaction_isolation') = 'repeatable read'
                AND EXISTS (SELECT
                              FROM pgdispatch.cron_worker AS w
                             WHERE w.role = worker_role
                               AND w.promise = number
                               AND w.promised_in = date_trunc('minute', clock_timestamp())
                               AND NOT pgdispatch.cron_is_sound(w.id, w.database_id));
            IF NOT taken_away THEN
                RETURN 'there';
            END IF;
        END IF;
    END LOOP;
    RETURN CASE WHEN taken_away THEN 'there' ELSE 'open' END;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_promise_worker(regrole, integer, text, boolean) IS
'Schedules a worker of the current role on which others may rely. given: with this transaction''s commit. there: not scheduled, as there is one already and not to be one_more. open: not scheduled, as all promises have been given, by transactions that may yet roll back.';


-- No row is read again that was written: under SERIALIZABLE that would be a conflict with all who write beside it.
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
'Schedules a worker of the current role; false if the promise of that number has been given already.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_unschedule(worker_role regrole, worker_id bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM pgdispatch.cron_worker AS w WHERE w.role = worker_role AND w.id = worker_id;
    PERFORM cron.unschedule(j.jobid)
       FROM cron.job AS j
      WHERE j.jobname = pgdispatch.cron_name(worker_id)
        AND j.username = CURRENT_USER;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_unschedule(regrole, bigint) IS
'Removes a worker of the current role. Nothing may run in its session once that is committed, as pg_cron may end it at any time.';


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
                      AND j.nodeport = current_setting('port')::integer
                      AND j.active);
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_is_sound(bigint, text) IS
'Whether the worker is one of this server and database that pg_cron still starts: it may have come with a dump or a copy, or an administrator may have removed it or made it inactive.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_name(worker_id bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'pgdispatch worker '::text || worker_id::text $$;

COMMENT ON FUNCTION pgdispatch.cron_name(bigint) IS
'The name of the worker''s counterpart in cron.job. It is never given twice: of two open transactions that schedule the same name, the second would wait for the first.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_command(worker_id bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'CALL pgdispatch.cron_work('::text || worker_id::text || ')'::text $$;

COMMENT ON FUNCTION pgdispatch.cron_command(bigint) IS
'The command of the worker''s counterpart in cron.job.';


CREATE OR REPLACE FUNCTION pgdispatch.cron_last_run() RETURNS bigint
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN coalesce(pg_catalog.pg_sequence_last_value('cron.runid_seq'), 0);
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_last_run() IS
'The highest id in cron.job_run_details so far.';
