-- pg-dispatch 1.1.0: where the extension pg_cron is there, the database runs its own jobs, with no application alive.
--
-- Nobody is there to be woken while nothing is due. So a dispatch that finds no worker schedules one with pg_cron, in its own
-- transaction. The worker comes a second or two after the commit, drains the queue with pgdispatch.work, lingers for a while, and
-- removes itself. What may go wrong with that is that it leaves just when a dispatch has taken its coming for granted. Hence:
--
--   * A dispatch that RELIES on a worker it did not schedule holds the reliance lock, shared, until its transaction ends. It never
--     waits for it. If it cannot have the lock, it relies on nobody and schedules a worker of its own.
--   * Whoever goes, or becomes deaf for a long job, takes that lock exclusively first, and looks at the queue once more with a new
--     snapshot. If it cannot have the lock, it stays, or leaves a successor behind.
--   * Both are locks and not rows: what a REPEATABLE READ caller sees of the rows is old, and what a SERIALIZABLE one reads could
--     cost its transaction. Such callers find out by a unique index whether a worker has been promised.
--
-- PgCronHandshakeModelTests searches all interleavings of it.


-- ---------------------------------------------------------------------------------------------------------------------
-- Tables
-- ---------------------------------------------------------------------------------------------------------------------

CREATE TABLE pgdispatch.cron_setting (
    role    regrole  NOT NULL DEFAULT 0::oid::regrole PRIMARY KEY,
    workers smallint NOT NULL DEFAULT 4 CHECK (workers BETWEEN 0 AND 1000),
    linger  interval NOT NULL DEFAULT '5 seconds' CHECK (linger >= '0'::interval AND linger <= '1 hour'::interval)
);

COMMENT ON TABLE pgdispatch.cron_setting IS
'How pg_cron drives a role''s queue; the row of no role (-) is for all that have none of their own. Changed by the owner of the schema. Example: INSERT INTO pgdispatch.cron_setting (role, workers) VALUES (''app'', 16)';
COMMENT ON COLUMN pgdispatch.cron_setting.role IS 'The role whose jobs it is about.';
COMMENT ON COLUMN pgdispatch.cron_setting.workers IS
'How many of pg_cron''s jobs the role may have at once to run its own, apart from two that wait while jobs are snoozed. 0: none, only applications run its jobs. Keep the sum over all roles below cron.max_running_jobs, as pg_cron makes other jobs wait beyond that.';
COMMENT ON COLUMN pgdispatch.cron_setting.linger IS
'How long a worker waits for more after its last job, in order to start the next within milliseconds. 0: it leaves at once.';

INSERT INTO pgdispatch.cron_setting DEFAULT VALUES;


CREATE FUNCTION pgdispatch.replace_cron_setting() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM pgdispatch.cron_setting AS s WHERE s.role::oid = NEW.role::oid;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION pgdispatch.replace_cron_setting() IS
'Part of pgdispatch.cron_setting: what is inserted replaces what there was for that role.';

-- CREATE EXTENSION inserts the row of no role, and a dump that is restored after it inserts the row that it had.
CREATE TRIGGER replace BEFORE INSERT ON pgdispatch.cron_setting
    FOR EACH ROW EXECUTE FUNCTION pgdispatch.replace_cron_setting();


CREATE FUNCTION pgdispatch.home() RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.system_identifier || '/' || d.oid
      FROM pg_control_system() AS s,
           pg_database AS d
     WHERE d.datname = current_database()
$$;

COMMENT ON FUNCTION pgdispatch.home() IS
'Tells this database from one that was restored from its dump.';


CREATE TABLE pgdispatch.cron_worker (
    role          regrole     NOT NULL,
    id            bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    purpose       text        NOT NULL DEFAULT 'work' CHECK (purpose IN ('work', 'alarm', 'reboot', 'permanent')),
    promise       smallint,
    promised_in   timestamptz NOT NULL DEFAULT pg_catalog.date_trunc('minute', pg_catalog.clock_timestamp()),
    scheduled_at  timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    wakes_at      timestamptz,
    home          text        NOT NULL DEFAULT pgdispatch.home(),
    after_run     bigint      NOT NULL DEFAULT 0,
    runs          integer     NOT NULL DEFAULT 0,
    pid           integer,
    backend_start timestamptz,
    PRIMARY KEY (role, id),
    UNIQUE (role, home, promise, promised_in)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);

COMMENT ON TABLE pgdispatch.cron_worker IS
'The rows of cron.job that belong to pg-dispatch. Each is written and deleted together with its counterpart; a role sees its own only.';
COMMENT ON COLUMN pgdispatch.cron_worker.role IS 'The role whose jobs the worker runs.';
COMMENT ON COLUMN pgdispatch.cron_worker.id IS 'Identifies the worker: its counterpart in cron.job is named ''pgdispatch worker '' and this.';
COMMENT ON COLUMN pgdispatch.cron_worker.purpose IS
'work: to come at once. alarm: to come when the next snoozed job falls due. reboot: to come after a restart, if an alarm was missed. permanent: an administrator''s.';
COMMENT ON COLUMN pgdispatch.cron_worker.promise IS
'Not NULL as long as dispatches may rely on it that this worker will look at the queue soon.';
COMMENT ON COLUMN pgdispatch.cron_worker.promised_in IS
'The minute of the promise: should an administrator take the worker away from pg_cron, those who cannot see that promise anew in the next.';
COMMENT ON COLUMN pgdispatch.cron_worker.scheduled_at IS 'When it was scheduled; of a permanent worker, when it was last seen.';
COMMENT ON COLUMN pgdispatch.cron_worker.wakes_at IS 'When an alarm is to come.';
COMMENT ON COLUMN pgdispatch.cron_worker.home IS 'The database for which it was scheduled. In one that was restored from its dump it does nothing, and nobody relies on it.';
COMMENT ON COLUMN pgdispatch.cron_worker.after_run IS 'Its runs come after this one in cron.job_run_details.';
COMMENT ON COLUMN pgdispatch.cron_worker.runs IS 'How often pg_cron has started it.';
COMMENT ON COLUMN pgdispatch.cron_worker.pid IS 'The session that it is or was; of a session that ended well, nothing is left.';
COMMENT ON COLUMN pgdispatch.cron_worker.backend_start IS 'When that session began, as process ids are used again.';

ALTER TABLE pgdispatch.cron_setting ENABLE ROW LEVEL SECURITY;
ALTER TABLE pgdispatch.cron_worker ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON pgdispatch.cron_setting FOR SELECT
    USING (role::oid IN (0::oid, pg_catalog.quote_ident(CURRENT_USER)::regrole::oid));
COMMENT ON POLICY own ON pgdispatch.cron_setting IS 'A role sees what holds for itself.';

CREATE POLICY own ON pgdispatch.cron_worker
    USING (role::oid = pg_catalog.quote_ident(CURRENT_USER)::regrole::oid);
COMMENT ON POLICY own ON pgdispatch.cron_worker IS 'A role sees, adds and removes its own workers only.';


-- ---------------------------------------------------------------------------------------------------------------------
-- Locks
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION pgdispatch.reliance_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824113::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.reliance_lock(regrole) IS
'Key of the advisory lock that a transaction that relies on a worker holds, shared, and that a worker needs exclusively to go.';


CREATE FUNCTION pgdispatch.lookout_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824114::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.lookout_lock(regrole) IS
'Key of the advisory lock that a worker holds exclusively while it waits for jobs and sees each within milliseconds of its commit.';


CREATE FUNCTION pgdispatch.batch_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824115::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.batch_lock(regrole) IS
'Key of the advisory lock that a transaction holds, shared, in which several jobs are run.';


CREATE FUNCTION pgdispatch.application_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824116::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.application_lock(regrole) IS
'Key of the advisory lock that one of the applications that run the role''s jobs holds exclusively: the database''s own workers then come later, for what is left.';


CREATE FUNCTION pgdispatch.leaving_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824117::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.leaving_lock(regrole) IS
'Key of the advisory lock that a transaction holds in which a worker comes, goes deaf or leaves, so that of two each sees what the other has done.';


CREATE FUNCTION pgdispatch.turn_lock(role regrole) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (1885824119::bigint << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.turn_lock(regrole) IS
'Key of the advisory lock that the worker holds exclusively whose turn it is to run the next job: the others need not stay for it.';


CREATE FUNCTION pgdispatch.promise_lock(role regrole, promise integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT ((1885824128::bigint + promise) << 32) | role::oid::bigint $$;

COMMENT ON FUNCTION pgdispatch.promise_lock(regrole, integer) IS
'Key of the advisory lock that a transaction holds that has given, and not yet committed, the promise of that number.';


CREATE FUNCTION pgdispatch.is_held(lock bigint) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    IF pg_catalog.pg_try_advisory_lock_shared(lock) THEN
        PERFORM pg_catalog.pg_advisory_unlock_shared(lock);
        RETURN false;
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.is_held(bigint) IS
'Whether some other session holds the advisory lock exclusively at the moment.';


CREATE FUNCTION pgdispatch.has_application(role regrole) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN coalesce(pg_catalog.current_setting('pgdispatch.attends', true) = 'on', false)   -- It is us, see attend.
        OR pgdispatch.is_held(pgdispatch.application_lock(role))
        OR pgdispatch.is_held(pgdispatch.driver_lock(role));
END
$$;

COMMENT ON FUNCTION pgdispatch.has_application(regrole) IS
'Whether an application is connected that runs the role''s jobs.';


-- ---------------------------------------------------------------------------------------------------------------------
-- What pg_cron is like here
-- ---------------------------------------------------------------------------------------------------------------------

-- Only superusers and pg_read_all_settings may read these, of whom the owner of the schema often is one.
CREATE FUNCTION pgdispatch.cron_configuration(OUT timezone text, OUT max_running_jobs integer)
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


CREATE FUNCTION pgdispatch.cron_is_elsewhere() RETURNS boolean
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


CREATE FUNCTION pgdispatch.cron_problem() RETURNS text
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
        WHEN pgdispatch.cron_workers_at_most(caller) = 0 THEN 'off'
    END;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_problem() IS
'NULL where pg_cron can run the current role''s jobs. Otherwise why not. missing: the server has no pg_cron. elsewhere: it is in another database. old: it is older than 1.5, which cannot count seconds. privilege: the role has no USAGE on schema cron. off: pgdispatch.cron_setting says 0 workers.';


CREATE FUNCTION pgdispatch.warn_of_no_driver(problem text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    IF problem NOT IN ('elsewhere', 'old', 'privilege')
       OR pgdispatch.has_application(caller)
       OR current_setting('pgdispatch.warned', true) = pg_current_xact_id()::text
       OR EXISTS (SELECT
                    FROM pgdispatch.cron_worker AS w
                   WHERE w.role = caller
                     AND w.purpose = 'permanent'
                     AND w.scheduled_at > clock_timestamp() - '10 minutes'::interval) THEN
        RETURN;
    END IF;
    PERFORM set_config('pgdispatch.warned', pg_current_xact_id()::text, true);   -- Once a transaction is enough.
    RAISE WARNING USING
        MESSAGE = format('pgdispatch: no application is connected that would run the jobs of role %s, and pg_cron cannot', caller),
        DETAIL = CASE problem
            WHEN 'privilege' THEN format('Role %s has no USAGE on schema cron. The job waits.', caller)
            WHEN 'old' THEN 'The extension pg_cron is older than 1.5. The job waits.'
            ELSE format('pg_cron is in another database than %s. The job waits.', current_database())
        END,
        HINT = CASE problem
            WHEN 'privilege' THEN format('As an administrator: GRANT USAGE ON SCHEMA cron TO %s;', caller)
            WHEN 'old' THEN 'As an administrator: ALTER EXTENSION pg_cron UPDATE;'
            ELSE format('As an administrator, in the database of pg_cron: SELECT cron.schedule_in_database(%L, ''5 seconds'', ''CALL pgdispatch.cron_work()'', %L, %L);',
                        'pgdispatch ' || current_database() || ' ' || CURRENT_USER, current_database(), CURRENT_USER)
        END;
END
$$;

COMMENT ON FUNCTION pgdispatch.warn_of_no_driver(text) IS
'Part of pgdispatch.dispatch: warns, once a transaction, if nobody is there who would run the current role''s jobs and an administrator can change that.';


CREATE FUNCTION pgdispatch.cron_workers_at_most(worker_role regrole) RETURNS integer
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT least(s.workers, (SELECT nullif(c.max_running_jobs, 1) - 1 FROM pgdispatch.cron_configuration() AS c))
              FROM pgdispatch.cron_setting AS s
             WHERE s.role IN (worker_role, '-')
             ORDER BY s.role::oid DESC
             LIMIT 1);
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_workers_at_most(regrole) IS
'How many workers pgdispatch.cron_setting allows the role, and pg_cron has room for beside one job of others.';


-- ---------------------------------------------------------------------------------------------------------------------
-- Scheduling workers
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION pgdispatch.cron_name(worker_id bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'pgdispatch worker '::text || worker_id::text $$;

COMMENT ON FUNCTION pgdispatch.cron_name(bigint) IS
'The name of the worker''s counterpart in cron.job. It is never given twice: of two open transactions that schedule the same name, the second would wait for the first.';


CREATE FUNCTION pgdispatch.cron_command(worker_id bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT 'CALL pgdispatch.cron_work('::text || worker_id::text || ')'::text $$;

COMMENT ON FUNCTION pgdispatch.cron_command(bigint) IS
'The command of the worker''s counterpart in cron.job.';


-- No row is read again that was written: under SERIALIZABLE that would be a conflict with all who write beside it.
CREATE FUNCTION pgdispatch.cron_add(
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
    ON CONFLICT (role, home, promise, promised_in) DO NOTHING
    RETURNING id INTO new_id;
    IF new_id IS NULL THEN
        RETURN false;
    END IF;
    PERFORM cron.schedule(pgdispatch.cron_name(new_id), schedule, pgdispatch.cron_command(new_id));
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_add(regrole, text, integer, text, timestamptz) IS
'Schedules a worker of the current role; false if the promise of that number has been given already.';


CREATE FUNCTION pgdispatch.cron_remove(worker_role regrole, worker_id bigint) RETURNS void
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

COMMENT ON FUNCTION pgdispatch.cron_remove(regrole, bigint) IS
'Removes a worker of the current role. Nothing may run in its session once that is committed, as pg_cron may end it at any time.';


CREATE FUNCTION pgdispatch.cron_is_sound(worker_id bigint, worker_home text) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN worker_home = pgdispatch.home()
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


CREATE FUNCTION pgdispatch.is_alive(session_pid integer, session_start timestamptz) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM pg_stat_get_activity(session_pid) AS a WHERE session_pid IS NOT NULL AND a.backend_start = session_start)
$$;

COMMENT ON FUNCTION pgdispatch.is_alive(integer, timestamptz) IS
'Whether that session of the current role is still there.';


CREATE FUNCTION pgdispatch.is_shared(lock bigint) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    IF pg_catalog.pg_try_advisory_lock(lock) THEN
        PERFORM pg_catalog.pg_advisory_unlock(lock);
        RETURN false;
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.is_shared(bigint) IS
'Whether some other session holds the advisory lock, shared or not, at the moment.';


-- To wait for another transaction's promise would be to wait for that transaction. The timeout is a last resort, as a promise that
-- is not committed shows in its lock.
CREATE FUNCTION pgdispatch.cron_promise(worker_role regrole, at_most integer, schedule text, one_more boolean) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '1ms'
AS $$
DECLARE
    taken_away boolean := false;
BEGIN
    FOR number IN 1 .. at_most LOOP
        CONTINUE WHEN pgdispatch.is_held(pgdispatch.promise_lock(worker_role, number));
        BEGIN
            IF pgdispatch.cron_add(worker_role, 'work', number, schedule, NULL) THEN
                PERFORM pg_try_advisory_xact_lock(pgdispatch.promise_lock(worker_role, number));
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
                               AND NOT pgdispatch.cron_is_sound(w.id, w.home));
            IF NOT taken_away THEN
                RETURN 'there';
            END IF;
        END IF;
    END LOOP;
    RETURN CASE WHEN taken_away THEN 'there' ELSE 'open' END;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_promise(regrole, integer, text, boolean) IS
'Schedules a worker of the current role on which others may rely. given: with this transaction''s commit. there: not scheduled, as there is one already and not to be one_more. open: not scheduled, as all promises have been given, by transactions that may yet roll back.';


CREATE FUNCTION pgdispatch.summon(due boolean, can_rely boolean) RETURNS void
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
        PERFORM pgdispatch.warn_of_no_driver(problem);
        RETURN;
    END IF;

    -- A worker that is leaving has the lock exclusively, for as long as its commit takes. To wait a moment for that spares another
    -- worker, and is not to wait for it: should it be held up, another one comes.
    FOR attempt IN 1 .. 5 LOOP
        EXIT WHEN can_rely;
        PERFORM pg_sleep(0.001);
        can_rely := pg_try_advisory_xact_lock_shared(pgdispatch.reliance_lock(caller));
        IF can_rely AND pgdispatch.is_held(pgdispatch.lookout_lock(caller)) THEN
            RETURN;
        END IF;
    END LOOP;

    IF pgdispatch.has_application(caller) THEN
        schedule := '10 seconds';   -- For what is left if the application that is there should fail. See attend.
        due := false;
    END IF;

    bound := pgdispatch.cron_workers_at_most(caller);
    IF can_rely AND sees THEN
        SELECT count(*), count(w.promise)
          INTO present, promised
          FROM pgdispatch.cron_worker AS w
         WHERE w.role = caller
           AND w.purpose = 'work'
           AND pgdispatch.cron_is_sound(w.id, w.home);
        -- All of them look at the queue before they go, and none goes before this transaction has ended. A due job brings one
        -- more, as those may be about to run long ones.
        IF present >= bound OR (promised > 0 AND NOT due) THEN
            PERFORM set_config('pgdispatch.covered', caller::oid || CASE WHEN present >= bound THEN ' due' ELSE ' snoozed' END, true);
            RETURN;
        END IF;
    END IF;

    IF can_rely THEN
        CASE pgdispatch.cron_promise(caller, bound, schedule, sees)
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
        PERFORM pgdispatch.cron_add(caller, 'work', NULL, schedule, NULL);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.summon(boolean, boolean) IS
'Part of pgdispatch.dispatch: sees to it that a worker of pg_cron looks at the current role''s queue after this transaction''s commit. With can_rely, the transaction holds the reliance lock.';


CREATE OR REPLACE FUNCTION pgdispatch.dispatch(command text, delay interval DEFAULT '0', notify boolean DEFAULT true) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    due    constant boolean := delay < '1 second'::interval;
    job_id bigint;
BEGIN
    IF command IS NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = 'pgdispatch: the command is NULL',
            HINT = 'Pass the SQL that is to run after the commit. A concatenation is NULL when one of its parts is: format(''… %L'', value) is not.';
    ELSIF command !~ '[^[:space:]]' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'pgdispatch: the command is blank',
            HINT = 'Pass the SQL that is to run after the commit.';
    END IF;

    IF delay IS NULL THEN
        RAISE null_value_not_allowed USING
            MESSAGE = 'pgdispatch: the delay is NULL',
            HINT = 'Pass an interval such as ''20 seconds'', or call pgdispatch.fire(command) for no delay.';
    ELSIF delay < '0'::interval OR NOT pg_catalog.isfinite(delay) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = pg_catalog.format('pgdispatch: the delay is %s', delay),
            HINT = 'A delay is zero or more, and finite.';
    END IF;

    IF pg_catalog.current_setting('transaction_read_only')::boolean THEN
        RAISE read_only_sql_transaction USING
            MESSAGE = 'pgdispatch: a job cannot be dispatched in a read-only transaction',
            DETAIL = CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'This server is a standby.' ELSE 'A dispatch writes a row.' END,
            HINT = CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'Connect to the primary.' ELSE 'Dispatch in a read-write transaction.' END;
    END IF;

    -- Found out here and not by a worker that never comes: no session can log in as such a role, and none may act for it.
    IF NOT (SELECT r.rolcanlogin FROM pg_catalog.pg_roles AS r WHERE r.oid = caller::oid) THEN
        RAISE invalid_authorization_specification USING
            MESSAGE = pg_catalog.format('pgdispatch: role %s cannot log in, so that nothing could run its jobs', caller),
            DETAIL = 'A job runs in a session that logged in as the role that dispatched it.',
            HINT = pg_catalog.format('Dispatch from a SECURITY DEFINER function of a role that can log in, or ALTER ROLE %s LOGIN.', caller);
    END IF;

    INSERT INTO pgdispatch.job (role, due_at, command)
    VALUES (caller, pg_catalog.now() + pg_catalog.date_trunc('second', delay), command)
    RETURNING id INTO job_id;

    -- NOTIFY takes a lock that all committing sessions of the cluster contend for, so it is sent only where a driver rests: that
    -- is when one holds this lock exclusively. Until our commit our own share of it keeps any from going to rest unaware of us.
    -- A transaction that has notified cannot be prepared: hence the setting, for those who mean to.
    IF notify AND NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.driver_lock(caller))
       AND pg_catalog.current_setting('pgdispatch.notify', true) IS DISTINCT FROM 'off' THEN
        PERFORM pg_catalog.pg_notify(pgdispatch.channel(caller), '');
    END IF;

    -- The schema is there where pg_cron is, or has to be looked for. What the transaction has found out once stays true for all
    -- of it, by its share of the reliance lock.
    IF pg_catalog.to_regnamespace('cron') IS NOT NULL THEN
        IF NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.reliance_lock(caller)) THEN
            PERFORM pgdispatch.summon(due, false);
        ELSIF pg_catalog.pg_try_advisory_lock_shared(pgdispatch.lookout_lock(caller)) THEN
            PERFORM pg_catalog.pg_advisory_unlock_shared(pgdispatch.lookout_lock(caller));
            IF coalesce(pg_catalog.current_setting('pgdispatch.covered', true) NOT IN
                        (caller::oid || ' due', caller::oid || CASE WHEN due THEN ' due' ELSE ' snoozed' END), true) THEN
                PERFORM pgdispatch.summon(due, true);
            END IF;
        END IF;
    ELSIF notify AND pgdispatch.cron_is_elsewhere() THEN
        PERFORM pgdispatch.warn_of_no_driver('elsewhere');
    END IF;

    RETURN job_id;
END
$$;


-- ---------------------------------------------------------------------------------------------------------------------
-- The worker
-- ---------------------------------------------------------------------------------------------------------------------

CREATE FUNCTION pgdispatch.cron_wakes_at(wakes_in interval, OUT schedule text, OUT wakes_at timestamptz)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- pg_cron learns of a job within a second, and starts it within another of its time: so this is on time, or early.
    seconds  constant double precision := floor(date_part('epoch', wakes_in)) - 1;
    timezone text;
    minute   timestamptz;
BEGIN
    IF seconds < 130 THEN   -- A minute that has begun when pg_cron learns of it would be missed.
        schedule := greatest(least(seconds, 59), 1) || CASE WHEN seconds <= 1 THEN ' second' ELSE ' seconds' END;
        wakes_at := clock_timestamp() + greatest(least(seconds, 59), 1) * '1 second'::interval;
    ELSE
        timezone := (SELECT c.timezone FROM pgdispatch.cron_configuration() AS c);
        minute := date_trunc('minute', clock_timestamp() + seconds * '1 second'::interval);
        wakes_at := minute;
        IF timezone IS NULL THEN   -- Offsets are whole quarters of an hour.
            schedule := format('%s,%s,%s,%s * * * *',
                date_part('minute', minute)::integer % 15,      date_part('minute', minute)::integer % 15 + 15,
                date_part('minute', minute)::integer % 15 + 30, date_part('minute', minute)::integer % 15 + 45);
        ELSE
            schedule := to_char(minute AT TIME ZONE timezone, 'FMMI FMHH24 FMDD FMMM *');
        END IF;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_wakes_at(interval) IS
'A schedule for pg_cron by which a worker comes shortly before so long from now, or earlier, and when that is.';


CREATE FUNCTION pgdispatch.cron_settle(worker_role regrole) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    moment   constant timestamptz := clock_timestamp();
    due_in   constant interval    := pgdispatch.next_due_in(moment);
    -- What falls due is run by the application if there is one, and by us if it fails.
    attended constant boolean     := pgdispatch.has_application(worker_role);
    spare    constant interval    := CASE WHEN attended THEN '10 seconds' ELSE '0' END;
    wanted   record;
    waiting  pgdispatch.cron_worker;
    purposes text[] := '{}';
BEGIN
    SELECT w.schedule, w.wakes_at INTO wanted FROM pgdispatch.cron_wakes_at(due_in + spare) AS w;
    FOR waiting IN SELECT w.* FROM pgdispatch.cron_worker AS w WHERE w.role = worker_role AND w.purpose IN ('alarm', 'reboot') LOOP
        IF pgdispatch.cron_is_sound(waiting.id, waiting.home)
           -- One that is just being started will settle it all once more; to take it from pg_cron in that moment leaves traces.
           AND (waiting.wakes_at BETWEEN moment - '3 seconds'::interval AND moment + '2 seconds'::interval
                OR due_in IS NOT NULL AND (waiting.purpose = 'reboot'
                                           OR waiting.wakes_at BETWEEN moment AND wanted.wakes_at + '500 ms'::interval
                                              -- It was for a job that the application has run. Not moved before it has to be.
                                              AND NOT (attended AND waiting.wakes_at < least(moment + '8 seconds'::interval,
                                                                                             wanted.wakes_at - '2 seconds'::interval)))) THEN
            purposes := purposes || waiting.purpose;
        ELSE
            PERFORM pgdispatch.cron_remove(worker_role, waiting.id);
        END IF;
    END LOOP;
    IF due_in IS NOT NULL THEN
        IF 'alarm' <> ALL (purposes) THEN
            PERFORM pgdispatch.cron_add(worker_role, 'alarm', NULL, wanted.schedule, wanted.wakes_at);
        END IF;
        IF 'reboot' <> ALL (purposes) THEN
            PERFORM pgdispatch.cron_add(worker_role, 'reboot', NULL, '@reboot', NULL);
        END IF;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_settle(regrole) IS
'Part of pgdispatch.cron_leave: while jobs are snoozed, a worker is to come in time for the first of them, and one after each restart of the server, during which the first may have been missed. While none is, neither is to be there.';


CREATE FUNCTION pgdispatch.cron_last_run() RETURNS bigint
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN coalesce(pg_catalog.pg_sequence_last_value('cron.runid_seq'), 0);
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_last_run() IS
'The highest id in cron.job_run_details so far.';


CREATE FUNCTION pgdispatch.cron_forget_runs(worker_id bigint, after_run bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    before constant bigint  := least(after_run, pgdispatch.cron_last_run() - 1000);
BEGIN
    -- pg_cron never deletes any, so that the table may be huge; it has an index on runid alone.
    DELETE FROM cron.job_run_details AS d
     WHERE d.runid > before
       AND d.username = CURRENT_USER
       AND d.command LIKE 'CALL pgdispatch.cron_work(%'
       AND (d.command = pgdispatch.cron_command(worker_id)
            -- Of one that was killed while it left.
            OR d.status = 'failed' AND NOT EXISTS (SELECT
                                                     FROM pgdispatch.cron_worker AS w
                                                    WHERE w.role = me
                                                      AND d.command = pgdispatch.cron_command(w.id)));
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_forget_runs(bigint, bigint) IS
'Part of pgdispatch.cron_leave: deletes the worker''s runs after the given one from cron.job_run_details, and failed ones of workers that are no longer there. To be committed at once: pg_cron waits for it.';


CREATE FUNCTION pgdispatch.cron_enter(worker_id bigint, OUT stays boolean, OUT lost boolean, OUT linger interval)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    myself pgdispatch.cron_worker;
    others integer;
BEGIN
    linger := (SELECT s.linger FROM pgdispatch.cron_setting AS s WHERE s.role IN (me, '-') ORDER BY s.role::oid DESC LIMIT 1);

    IF worker_id IS NULL THEN
        stays := true;
        lost := false;
        UPDATE pgdispatch.cron_worker AS w SET scheduled_at = clock_timestamp()
         WHERE w.role = me AND w.purpose = 'permanent';
        IF NOT FOUND THEN
            INSERT INTO pgdispatch.cron_worker (role, purpose) VALUES (me, 'permanent');
        END IF;
        RETURN;
    END IF;

    PERFORM pg_advisory_xact_lock(pgdispatch.leaving_lock(me));   -- Of many that come at once, each has to count the others.
    SELECT w.* INTO myself FROM pgdispatch.cron_worker AS w WHERE w.role = me AND w.id = worker_id FOR UPDATE;
    IF NOT FOUND OR myself.home <> pgdispatch.home() THEN   -- It came with a dump, with or without its row.
        PERFORM pgdispatch.cron_forget_runs(worker_id, 0);
        PERFORM pgdispatch.cron_remove(me, worker_id);
        stays := false;
        RETURN;
    ELSIF pgdispatch.is_alive(myself.pid, myself.backend_start) THEN
        PERFORM pgdispatch.cron_forget_runs(worker_id, myself.after_run);   -- pg_cron was restarted, but not the session, which goes on.
        stays := false;
        RETURN;
    END IF;

    lost := myself.pid IS NOT NULL;
    UPDATE pgdispatch.cron_worker AS w
       SET runs = w.runs + 1,
           -- An alarm may have been scheduled long ago.
           after_run = CASE WHEN w.runs = 0 AND w.purpose <> 'work' THEN greatest(w.after_run, pgdispatch.cron_last_run() - 1000)
                            ELSE w.after_run
                       END,
           pid = a.pid,
           backend_start = a.backend_start
      FROM pg_stat_get_activity(pg_backend_pid()) AS a
     WHERE w.role = me
       AND w.id = worker_id;

    SELECT count(*)
      INTO others
      FROM pgdispatch.cron_worker AS w
     WHERE w.role = me
       AND w.id <> worker_id
       AND pgdispatch.is_alive(w.pid, w.backend_start);
    stays := others < pgdispatch.cron_workers_at_most(me)
          OR NOT pgdispatch.cron_leave(worker_id, false, true);
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_enter(bigint) IS
'Part of pgdispatch.cron_work: begins a worker''s run. If it stays, lost tells that its last one did not end well; otherwise it has left, and nothing may run after the commit.';


CREATE FUNCTION pgdispatch.cron_who_looks(
    worker_id bigint, OUT pledged boolean, OUT present integer, OUT others_to_look integer)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me constant regrole := quote_ident(CURRENT_USER)::regrole;
BEGIN
    SELECT coalesce(bool_or(w.id = worker_id AND w.promise IS NOT NULL), false),
           count(*),
           count(w.promise) FILTER (WHERE w.id <> worker_id)
      INTO pledged, present, others_to_look
      FROM pgdispatch.cron_worker AS w
     WHERE w.role = me
       AND w.purpose = 'work'
       AND pgdispatch.cron_is_sound(w.id, w.home);
    IF pgdispatch.is_held(pgdispatch.lookout_lock(me)) THEN
        others_to_look := others_to_look + 1;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_who_looks(bigint) IS
'Part of pgdispatch.cron_work: whether the worker has promised to look at the queue, how many workers there are with it, and how many others are still to look: those that have promised to and the one on the lookout.';


CREATE FUNCTION pgdispatch.cron_go_deaf(worker_id bigint, attending boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    bound  constant integer := pgdispatch.cron_workers_at_most(me);
    staff  record;
    wanted integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(pgdispatch.leaving_lock(me));
    SELECT w.* INTO staff FROM pgdispatch.cron_who_looks(worker_id) AS w;

    IF (attending OR staff.pledged) AND staff.others_to_look = 0
       AND NOT pg_try_advisory_xact_lock(pgdispatch.reliance_lock(me)) THEN
        wanted := 1;   -- Somebody relies on us whose job must not wait for the one that we are about to run.
    END IF;
    IF staff.pledged THEN
        UPDATE pgdispatch.cron_worker AS w SET promise = NULL WHERE w.role = me AND w.id = worker_id;
    END IF;

    -- Whoever is on the lookout takes one of the rest if that is still waiting in a moment, and calls for more then. If nobody
    -- is, we do: by a look after the lock, since those who relied on us until then have ended, and nobody else knows of their jobs.
    IF NOT pgdispatch.is_held(pgdispatch.lookout_lock(me)) THEN
        wanted := greatest(wanted, cardinality(pgdispatch.claim(clock_timestamp(), '-infinity', 0, bound + 1)) - 1);
    END IF;
    FOR i IN 1 .. least(wanted - staff.others_to_look, bound - staff.present) LOOP
        IF pgdispatch.cron_promise(me, bound, '1 second', true) <> 'given' THEN
            PERFORM pgdispatch.cron_add(me, 'work', NULL, '1 second', NULL);
        END IF;
    END LOOP;

    IF attending THEN
        PERFORM pg_advisory_unlock(pgdispatch.lookout_lock(me));
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_go_deaf(bigint, boolean) IS
'Part of pgdispatch.cron_work, for a worker that is about to run a job, which may take long: it is no longer relied upon, and others come for the rest.';


CREATE FUNCTION pgdispatch.cron_leave(
    worker_id bigint, attending boolean, surplus boolean DEFAULT false, successor boolean DEFAULT false)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    myself pgdispatch.cron_worker;
    others boolean;
    staff  record;
BEGIN
    -- Should the server lose this, the worker comes once more. To wait for the disk would keep the locks from those who dispatch.
    SET LOCAL synchronous_commit = off;

    PERFORM pg_advisory_xact_lock(pgdispatch.leaving_lock(me));
    SELECT w.* INTO myself FROM pgdispatch.cron_worker AS w WHERE w.role = me AND w.id = worker_id;
    PERFORM pgdispatch.cron_forget_runs(w.id, w.after_run),
            pgdispatch.cron_remove(me, w.id)
       FROM pgdispatch.cron_worker AS w
      WHERE w.role = me
        AND w.id <> worker_id
        AND w.purpose <> 'permanent'
        AND NOT pgdispatch.cron_is_sound(w.id, w.home)
        AND NOT pgdispatch.is_alive(w.pid, w.backend_start);
    others := EXISTS (SELECT
                        FROM pgdispatch.cron_worker AS w
                       WHERE w.role = me
                         AND w.id <> worker_id
                         AND (w.purpose = 'work' OR pgdispatch.is_alive(w.pid, w.backend_start)));

    -- Of several workers one may go as it likes if another is still to look. The last of these, and one that is relied upon, may not.
    IF NOT (surplus OR successor) THEN
        SELECT w.* INTO staff FROM pgdispatch.cron_who_looks(worker_id) AS w;
        IF (attending OR staff.pledged OR staff.others_to_look = 0)
           AND NOT pg_try_advisory_xact_lock(pgdispatch.reliance_lock(me)) THEN
            RETURN false;
        ELSIF NOT others AND pgdispatch.count_due(clock_timestamp(), 1) > 0 THEN
            RETURN false;   -- Or an application runs it, and may yet fail.
        ELSIF others AND cardinality(pgdispatch.claim(clock_timestamp(), '-infinity', 0, 1)) > 0 THEN
            RETURN false;
        END IF;
    END IF;

    PERFORM pgdispatch.cron_forget_runs(worker_id, myself.after_run);
    PERFORM pgdispatch.cron_remove(me, worker_id);
    IF successor THEN
        IF pgdispatch.cron_promise(me, pgdispatch.cron_workers_at_most(me),
               CASE WHEN pgdispatch.next_due_in(clock_timestamp()) < '6 seconds'::interval THEN '1 second' ELSE '5 seconds' END, true) <> 'given' THEN
            PERFORM pgdispatch.cron_add(me, 'work', NULL, '1 second', NULL);
        END IF;
    ELSIF NOT others THEN
        PERFORM pgdispatch.cron_settle(me);
    END IF;

    IF attending THEN   -- Whoever finds the lock free from now on summons another; whoever does not has been waited for.
        PERFORM pg_advisory_unlock(pgdispatch.lookout_lock(me));
    END IF;
    RETURN true;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_leave(bigint, boolean, boolean, boolean) IS
'Part of pgdispatch.cron_work: removes the worker with all traces if nobody relies on it and nothing is due; false if it has to stay. A surplus worker, beside as many as are allowed, leaves in any case, and so does one that leaves a successor. Nothing may run after the commit.';


CREATE FUNCTION pgdispatch.cron_batches(OUT pid integer, OUT worker_id bigint, OUT since timestamptz) RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me  constant regrole := quote_ident(CURRENT_USER)::regrole;
    key constant bigint  := pgdispatch.batch_lock(me);
BEGIN
    RETURN QUERY
        SELECT l.pid, w.id, a.xact_start
          FROM pg_locks AS l
         CROSS JOIN pg_stat_get_activity(l.pid) AS a
          LEFT JOIN pgdispatch.cron_worker AS w ON w.role = me AND w.pid = l.pid
         WHERE l.locktype = 'advisory'
           AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
           AND l.classid::bigint = key >> 32
           AND l.objid::bigint = key & 4294967295
           AND l.objsubid = 1
           AND l.granted
           AND l.pid <> pg_backend_pid();
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_batches() IS
'The other sessions of the current role that run several jobs in one transaction at the moment, since when, and which worker of pg_cron each is (NULL: an application''s).';


CREATE FUNCTION pgdispatch.cron_unstick() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    stuck record;
BEGIN
    FOR stuck IN SELECT b.* FROM pgdispatch.cron_batches() AS b WHERE b.since < clock_timestamp() - '1 second'::interval LOOP
        -- A job that it runs alone by now must not be hit: that one takes this lock first.
        IF pg_try_advisory_lock(1885824118, stuck.pid) THEN
            PERFORM pg_cancel_backend(stuck.pid)
               FROM pg_stat_get_activity(stuck.pid) AS a
              WHERE a.xact_start = stuck.since;
            PERFORM pg_sleep(0.001);
            PERFORM pg_advisory_unlock(1885824118, stuck.pid);
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_unstick() IS
'Part of pgdispatch.cron_work: cancels transactions of the role that run several jobs and have been taking a second, such that what has finished in them is committed, and what is slow is run alone.';


CREATE PROCEDURE pgdispatch.cron_work(worker_id bigint DEFAULT NULL)
LANGUAGE plpgsql
AS $$
DECLARE
    slice         constant interval    := '50 ms';
    look_ahead    constant interval    := '2500 ms';   -- Not worth another session.
    a_turn_takes  constant interval    := '100 ms';
    patience      constant interval    := '2 seconds';
    grace         constant interval    := '1 second';  -- The application's.
    me            constant regrole     := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    started_at    constant timestamptz := pg_catalog.clock_timestamp();
    session_limit constant interval    := nullif(pg_catalog.current_setting('statement_timeout'), '0')::interval;
    stays         boolean;
    lost          boolean;
    linger        interval;
    attending     boolean     := false;
    waiting       integer;
    waiting_since timestamptz;
    oldest        timestamptz;
    attended      boolean;
    other_seen_at timestamptz := '-infinity';
    has_the_turn  boolean     := false;
    joined        boolean     := false;
    idle_since    timestamptz := pg_catalog.clock_timestamp();
    checked_at    timestamptz := '-infinity';
    idle_for      interval;
    due_in        interval;
    moment        timestamptz;
    pace          integer     := 1;
    after_due_at  timestamptz := '-infinity';
    after_id      bigint      := 0;
    completed     bigint      := 0;
    failed        bigint      := 0;
    before        bigint;
    drained       boolean;
BEGIN
    COMMIT;
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    SET client_min_messages = error;   -- pg_cron keeps what it is told, in an UPDATE each.
    SELECT e.stays, e.lost, e.linger INTO stays, lost, linger FROM pgdispatch.cron_enter(worker_id) AS e;
    COMMIT;
    IF NOT stays THEN
        RETURN;
    END IF;
    IF lost THEN
        pace := -49;
    END IF;

    LOOP
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
        moment := pg_catalog.clock_timestamp();

        -- pg_cron has no part in it, but the role's own limit is for the whole CALL, and whatever is running then would pay for it.
        IF moment > started_at + session_limit / 4 THEN
            EXIT WHEN worker_id IS NULL OR pgdispatch.cron_leave(worker_id, attending, false, true);
        END IF;

        -- One worker drains quick jobs faster than two that get in each other's way.
        IF pace > 1 AND NOT joined AND EXISTS (SELECT
                                                 FROM pgdispatch.cron_batches() AS b
                                                WHERE coalesce(b.worker_id < cron_work.worker_id, true)) THEN
            pace := 1;
        END IF;
        IF pace > 1 THEN
            waiting := 1;
        ELSE
            SELECT pg_catalog.cardinality(c.jobs), (c.jobs[1]).due_at
              INTO waiting, oldest
              FROM (SELECT pgdispatch.claim(moment, '-infinity', 0, pgdispatch.cron_workers_at_most(me) + 1) AS jobs) AS c;
            ROLLBACK;   -- It was only to see: others may have them.
            SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
            IF NOT has_the_turn AND (pgdispatch.is_shared(pgdispatch.batch_lock(me))
                                     OR pgdispatch.is_held(pgdispatch.turn_lock(me))) THEN
                other_seen_at := moment;
            END IF;
            IF waiting = 0 THEN
                waiting_since := NULL;
                joined := false;
            ELSE
                waiting_since := coalesce(waiting_since, moment);
                -- The application takes it, or another one of us does. But if that takes long, it is for us.
                attended := pgdispatch.has_application(me);
                IF attended AND moment < greatest(waiting_since, oldest) + grace THEN
                    waiting := 0;   -- Nor a reason to linger.
                ELSIF moment < least(other_seen_at + a_turn_takes, waiting_since + patience / 2) THEN
                    waiting := 0;
                    idle_since := CASE WHEN attending THEN moment ELSE idle_since END;
                ELSIF worker_id IS NOT NULL THEN
                    joined := attended OR moment < other_seen_at + a_turn_takes;
                    PERFORM pgdispatch.cron_go_deaf(worker_id, attending);
                    COMMIT;
                END IF;
            END IF;
        END IF;

        IF waiting > 0 THEN
            before := completed + failed;
            drained := false;
            CALL pgdispatch.work(slice, pace, after_due_at, after_id, completed, failed, drained, due_in);
            COMMIT;
            attending := false;
            has_the_turn := false;
            IF completed + failed > before THEN
                idle_since := pg_catalog.clock_timestamp();
                waiting_since := CASE WHEN joined THEN waiting_since END;
            END IF;
            CONTINUE;
        END IF;

        idle_for := moment - idle_since;
        IF NOT attending THEN
            attending := pg_catalog.pg_try_advisory_lock(pgdispatch.lookout_lock(me));
            CONTINUE WHEN attending;   -- What was committed before is seen by another look, and what comes after relies on us.
        END IF;
        IF NOT (attending OR has_the_turn) AND moment > other_seen_at + a_turn_takes THEN
            has_the_turn := pg_catalog.pg_try_advisory_lock(pgdispatch.turn_lock(me));
        END IF;
        IF moment > checked_at + '200 ms'::interval THEN
            checked_at := moment;
            PERFORM pgdispatch.cron_unstick();
        END IF;
        due_in := pgdispatch.next_due_in(moment);
        IF idle_for >= (CASE WHEN attending THEN linger ELSE least(linger, '1 second'::interval) END)
           AND coalesce(due_in > look_ahead, true)
           AND NOT pgdispatch.is_shared(pgdispatch.batch_lock(me)) THEN
            EXIT WHEN worker_id IS NULL
                   OR pgdispatch.cron_leave(worker_id, attending)
                   OR idle_for >= linger + patience AND pgdispatch.cron_leave(worker_id, attending, false, true);
        END IF;
        COMMIT;
        PERFORM pg_catalog.pg_sleep(pg_catalog.date_part('epoch',
            least(greatest(idle_for / 50, '5 ms'::interval), '50 ms'::interval, greatest(due_in, '1 ms'::interval))));
        COMMIT;
    END LOOP;
END
$$;

COMMENT ON PROCEDURE pgdispatch.cron_work(bigint) IS
'What pg_cron calls, with the id that pgdispatch.dispatch has given it: runs the due jobs of the role that the session logged in as, lingers, and leaves. An administrator may have it called without an id, for a database in which pg_cron is not. Example, in the database where it is: SELECT cron.schedule_in_database(''pgdispatch shop app'', ''5 seconds'', ''CALL pgdispatch.cron_work()'', ''shop'', ''app'')';


-- ---------------------------------------------------------------------------------------------------------------------
-- The executor
-- ---------------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION pgdispatch.run_batch(
    jobs pgdispatch.job[], until timestamptz, foreign_statements boolean, OUT ran integer, OUT all_well boolean)
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(pgdispatch.batch_lock(pg_catalog.quote_ident(CURRENT_USER)::regrole));
    ran := 0;
    all_well := true;
    WHILE all_well AND ran < pg_catalog.cardinality(jobs) AND (ran = 0 OR pg_catalog.clock_timestamp() < until) LOOP
        IF (jobs[ran + 1]).crashes > 0 THEN
            all_well := false;
        ELSE
            BEGIN
                EXECUTE (jobs[ran + 1]).command;
                RESET SESSION AUTHORIZATION;   -- What follows may be forbidden to the role that the job has taken on.
                RESET ROLE;
                ran := ran + 1;
            EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
                all_well := false;
            END;
            PERFORM pgdispatch.clean_session(foreign_statements);
        END IF;
    END LOOP;

    SET CONSTRAINTS ALL IMMEDIATE;   -- What is deferred would fail in the COMMIT, where nothing can be caught.
    RESET SESSION AUTHORIZATION;
    RESET ROLE;
    PERFORM pgdispatch.finish(jobs[:ran]);
EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
    ran := 0;
    all_well := false;
END
$$;


DROP FUNCTION pgdispatch.run_alone(pgdispatch.job);

CREATE FUNCTION pgdispatch.run_alone(job pgdispatch.job, again_if_cancelled boolean DEFAULT false) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    crashes_at_most constant integer := 5;   -- More than one, for a server may restart while a blameless job runs.
    code    text;
    message text;
    detail  text;
    hint    text;
    context text;
BEGIN
    -- From here on nobody cancels the session to free the jobs of a batch; if anyone just has, it shows in the next statement.
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(1885824118, pg_catalog.pg_backend_pid());
    IF job.crashes > crashes_at_most THEN   -- This time included, which was counted in advance.
        code := '58000';
        message := pg_catalog.format('pgdispatch: %s sessions were lost while they ran this job', crashes_at_most);
    ELSE
        BEGIN
            PERFORM pgdispatch.finish(ARRAY[job]);
            EXECUTE job.command;
            RESET SESSION AUTHORIZATION;
            RESET ROLE;
            RESET ALL;   -- In a batch, deferred triggers do not find the job's settings either.
            SET CONSTRAINTS ALL IMMEDIATE;
            RESET SESSION AUTHORIZATION;
            RESET ROLE;
            RETURN true;
        EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
            GET STACKED DIAGNOSTICS
                code    = RETURNED_SQLSTATE,
                message = MESSAGE_TEXT,
                detail  = PG_EXCEPTION_DETAIL,
                hint    = PG_EXCEPTION_HINT,
                context = PG_EXCEPTION_CONTEXT;
        END;
        IF again_if_cancelled AND code = '57014' THEN
            RETURN NULL;
        END IF;
    END IF;
    PERFORM pgdispatch.finish(ARRAY[job]);
    INSERT INTO pgdispatch.dead_letter (role, id, command, fired_at, due_at, crashes, sqlstate, message, detail, hint, context)
    VALUES (job.role, job.id, job.command, job.fired_at, job.due_at, greatest(job.crashes - 1, 0),
            code, message, nullif(detail, ''), nullif(hint, ''),
            -- Without the lines of the executor itself.
            nullif(pg_catalog.regexp_replace(context, E'(^|\n)[^\n]*[ .]run_alone[(](pgdispatch[.])?job(,boolean)?[)].*', ''), ''));
    RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.run_alone(pgdispatch.job, boolean) IS
'Part of pgdispatch.work: runs a job in the current transaction, and writes a dead letter if it fails. NULL if it was cancelled and is to be run again.';


CREATE OR REPLACE PROCEDURE pgdispatch.work(
    slice              interval    DEFAULT NULL,
    INOUT pace         integer     DEFAULT 1,
    INOUT after_due_at timestamptz DEFAULT '-infinity',
    INOUT after_id     bigint      DEFAULT 0,
    INOUT completed    bigint      DEFAULT 0,
    INOUT failed       bigint      DEFAULT 0,
    INOUT drained      boolean     DEFAULT false,
    INOUT next_due_in  interval    DEFAULT NULL)
LANGUAGE plpgsql
AS $$
DECLARE
    most_in_a_batch    constant integer     := 50;       -- PostgreSQL caches 64 subtransactions of a session.
    a_batch_takes      constant interval    := '10 ms';  -- Many times what a commit costs, and hardly felt as a delay.
    a_quick_job_takes  constant interval    := '5 ms';   -- The next one may be as quick, and have company.
    worker             constant regrole     := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    called_at          constant timestamptz := pg_catalog.clock_timestamp();
    batches_only       constant boolean     := slice IS NOT NULL AND pace > 1;
    statement_timeout  constant text        := pg_catalog.current_setting('statement_timeout');
    foreign_statements constant boolean     := EXISTS (SELECT FROM pg_catalog.pg_prepared_statements AS p WHERE NOT p.from_sql);
    moment   timestamptz;
    jobs     pgdispatch.job[];
    job      pgdispatch.job;
    suspect  bigint;
    ran      integer;
    all_well boolean;
BEGIN
    -- A session that has only taken on the role, by SET ROLE or SET SESSION AUTHORIZATION, would let a job put it off again.
    IF CURRENT_USER <> SESSION_USER
       OR worker::oid <> (SELECT a.usesysid FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) AS a) THEN
        RAISE insufficient_privilege USING
            MESSAGE = pg_catalog.format('pgdispatch: this session did not log in as %s', worker),
            DETAIL = 'A job runs in a session that logged in as the role that dispatched it.',
            HINT = pg_catalog.format('Log in as %s and CALL pgdispatch.work() there.', worker);
    END IF;

    PERFORM pgdispatch.clean_session(foreign_statements);

    LOOP
        -- Ends the transaction of the last round. Under another isolation level a claim fails where another worker was faster.
        COMMIT;
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;

        moment := pg_catalog.now();   -- The jobs' now(), which is never before what they were due at.
        jobs := pgdispatch.claim(moment, after_due_at, after_id, CASE WHEN suspect IS NULL THEN greatest(pace, 1) ELSE 1 END);

        IF pg_catalog.cardinality(jobs) = 0 THEN
            IF after_due_at = '-infinity' THEN
                pace := 1;
                drained := true;
                next_due_in := pgdispatch.next_due_in(moment);
                EXIT;
            END IF;
            -- To go on from the last position spares a claim the dead rows of what has run, which pile up while anyone holds
            -- an old snapshot. But what comes before it in order may have been committed after it.
            after_due_at := '-infinity';
            after_id := 0;
            suspect := NULL;
            CONTINUE;
        END IF;

        IF suspect IS DISTINCT FROM (jobs[1]).id AND (batches_only OR pg_catalog.cardinality(jobs) > 1) THEN
            suspect := NULL;
            SELECT b.ran, b.all_well INTO ran, all_well
              FROM pgdispatch.run_batch(jobs, moment + a_batch_takes, foreign_statements) AS b;
            completed := completed + ran;
            IF ran > 0 THEN
                after_due_at := (jobs[ran]).due_at;
                after_id := (jobs[ran]).id;
            END IF;
            -- As many as fit the time, by what these took; at most twice as many as these, as the next may be of another kind.
            IF all_well THEN
                pace := greatest(1, least(most_in_a_batch, 2 * pace,
                            pg_catalog.floor(ran::double precision * pg_catalog.date_part('epoch', a_batch_takes)
                                / pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - moment))));
            ELSIF (jobs[ran + 1]).crashes = 0 AND pg_catalog.clock_timestamp() < moment + a_batch_takes THEN
                -- It failed as quickly as others run. Whether the company was to blame, it has to show alone.
                suspect := (jobs[ran + 1]).id;
                pace := greatest(2, least(most_in_a_batch, 2 * ran));
            ELSE
                pace := 1;
            END IF;
        ELSE
            job := jobs[1];
            after_due_at := job.due_at;
            after_id := job.id;

            IF pace < 1 OR job.crashes > 0 THEN
                -- What is to outlive a session that the job takes down has to be committed first. Until the job is done, the
                -- advisory lock keeps other workers from counting, too.
                IF NOT pg_catalog.pg_try_advisory_lock(1885824112, (job.id % 2147483648)::integer) THEN
                    suspect := NULL;
                    CONTINUE;
                END IF;
                PERFORM pgdispatch.count_crash(job);
                COMMIT;
                SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
                job := pgdispatch.claim_again(job);
            END IF;

            all_well := CASE WHEN job.id IS NOT NULL THEN pgdispatch.run_alone(job, batches_only) END;   -- Or it was deleted meanwhile.
            IF all_well THEN
                completed := completed + 1;
            ELSIF NOT all_well THEN
                failed := failed + 1;
            END IF;
            pace := CASE WHEN pace < 1 THEN pace + 1
                         WHEN all_well IS NULL THEN 1
                         WHEN pg_catalog.clock_timestamp() < moment + a_quick_job_takes THEN greatest(pace, 2)
                         ELSE 1
                    END;
            suspect := NULL;
        END IF;
        PERFORM pgdispatch.clean_session(foreign_statements);

        -- What was committed late comes before the position, and is not to wait until a backlog is done.
        IF pg_catalog.date_trunc('second', pg_catalog.clock_timestamp()) > moment THEN
            after_due_at := '-infinity';
            after_id := 0;
        END IF;

        -- At a pace of 1 the next job may take long, and the driver may want to have others take those behind it.
        EXIT WHEN slice IS NOT NULL
              AND (batches_only <> (pace > 1) OR pace = 1 OR pg_catalog.clock_timestamp() > called_at + slice);
    END LOOP;

    -- What the driver has set for the CALL as a whole is not the jobs' to keep, but the driver's.
    PERFORM pg_catalog.set_config('statement_timeout', statement_timeout, false);
    RESET client_min_messages;
END
$$;


CREATE FUNCTION pgdispatch.attend(resting boolean) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me     constant regrole := quote_ident(CURRENT_USER)::regrole;
    worker bigint;
BEGIN
    -- Once is enough: a session that takes a lock twice has to give it back twice.
    IF current_setting('pgdispatch.attends', true) IS DISTINCT FROM 'on' AND pg_try_advisory_lock(pgdispatch.application_lock(me)) THEN
        PERFORM set_config('pgdispatch.attends', 'on', false);
    END IF;
    IF pgdispatch.cron_problem() IS NOT NULL
       OR NOT EXISTS (SELECT FROM pgdispatch.cron_worker AS w WHERE w.role = me AND w.purpose <> 'permanent')
       OR EXISTS (SELECT FROM pgdispatch.cron_worker AS w WHERE w.role = me AND pgdispatch.is_alive(w.pid, w.backend_start))
       OR NOT pg_try_advisory_xact_lock(pgdispatch.leaving_lock(me))
       OR NOT pg_try_advisory_xact_lock(pgdispatch.reliance_lock(me))
       OR pgdispatch.count_due(clock_timestamp(), 1) > 0 THEN
        RETURN;
    END IF;
    -- Those that pg_cron may be about to start go by themselves; to take one away in that moment leaves traces. And not at once,
    -- for as long as dispatches come one after the other, one is enough for all.
    FOR worker IN
        SELECT w.id
          FROM pgdispatch.cron_worker AS w
         WHERE w.role = me
           AND w.purpose = 'work'
           AND w.runs = 0
           AND w.scheduled_at BETWEEN clock_timestamp() - '8 seconds'::interval AND clock_timestamp() - '1 second'::interval
    LOOP
        PERFORM pgdispatch.cron_remove(me, worker);
    END LOOP;
    IF NOT EXISTS (SELECT FROM pgdispatch.cron_worker AS w WHERE w.role = me AND w.purpose = 'work' AND w.home = pgdispatch.home()) THEN
        PERFORM pgdispatch.cron_settle(me);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.attend(boolean) IS
'Part of pgdispatch.watch: tells pg_cron''s workers that an application runs the role''s jobs, and calls off those that were to come in case it failed.';


CREATE FUNCTION pgdispatch.unwatch() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me   constant regrole := quote_ident(CURRENT_USER)::regrole;
    lock bigint;
BEGIN
    FOREACH lock IN ARRAY ARRAY[pgdispatch.driver_lock(me), pgdispatch.application_lock(me)] LOOP
        -- To give back what one does not hold raises a warning, and what was taken twice has to be given back twice.
        WHILE EXISTS (SELECT
                        FROM pg_locks AS l
                       WHERE l.locktype = 'advisory'
                         AND l.pid = pg_backend_pid()
                         AND l.mode = 'ExclusiveLock'
                         AND l.classid::bigint = lock >> 32
                         AND l.objid::bigint = lock & 4294967295
                         AND l.objsubid = 1) LOOP
            EXIT WHEN NOT pg_advisory_unlock(lock);
        END LOOP;
    END LOOP;
    PERFORM set_config('pgdispatch.attends', '', false);
END
$$;

COMMENT ON FUNCTION pgdispatch.unwatch() IS
'Undoes pgdispatch.watch: the session no longer rests, nor does it count as an application that runs the role''s jobs. To be called before the session is used for anything else.';


CREATE OR REPLACE FUNCTION pgdispatch.watch(
    at_most integer, rest boolean,
    OUT due integer, OUT next_due_in interval, OUT resting boolean, OUT notified boolean)
LANGUAGE plpgsql
AS $$
DECLARE
    worker constant regrole := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    moment timestamptz;
BEGIN
    -- The lock first, the look after it: whoever dispatches from now on finds the lock taken and notifies, and what was committed
    -- before is seen, since each statement here has a snapshot of its own.
    resting := rest AND pg_catalog.pg_try_advisory_lock(pgdispatch.driver_lock(worker));
    notified := resting;
    IF rest AND NOT resting THEN
        notified := NOT pg_catalog.pg_try_advisory_lock_shared(pgdispatch.driver_lock(worker));
        IF NOT notified THEN
            PERFORM pg_catalog.pg_advisory_unlock_shared(pgdispatch.driver_lock(worker));
        END IF;
    END IF;
    IF pg_catalog.to_regnamespace('cron') IS NOT NULL OR pgdispatch.cron_is_elsewhere() THEN
        PERFORM pgdispatch.attend(resting);
    END IF;
    moment := pg_catalog.clock_timestamp();
    due := pgdispatch.count_due(moment, at_most);
    next_due_in := pgdispatch.next_due_in(moment);
    IF resting AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        next_due_in := '0';   -- Its snapshot is older than the lock, so that this was no look after it: there has to be another.
    END IF;
END
$$;


CREATE OR REPLACE FUNCTION pgdispatch.version() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT '1.1.0'::text $$;


-- ---------------------------------------------------------------------------------------------------------------------
-- Privileges
-- ---------------------------------------------------------------------------------------------------------------------

CREATE OR REPLACE PROCEDURE pgdispatch.grant_to(role regrole)
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA pgdispatch TO %s', role);
    EXECUTE pg_catalog.format('GRANT SELECT, INSERT, UPDATE, DELETE ON pgdispatch.job, pgdispatch.dead_letter, pgdispatch.cron_worker TO %s', role);
    EXECUTE pg_catalog.format('GRANT SELECT ON pgdispatch.cron_setting TO %s', role);
    EXECUTE pg_catalog.format('GRANT EXECUTE ON ALL ROUTINES IN SCHEMA pgdispatch TO %s', role);
END
$$;


CREATE PROCEDURE pgdispatch.revoke_from(role regrole)
LANGUAGE plpgsql
AS $$
DECLARE
    caller      constant regrole     := pg_catalog.quote_ident(CURRENT_USER)::regrole;
    role_name   constant name        := (SELECT r.rolname FROM pg_catalog.pg_roles AS r WHERE r.oid = role::oid);
    is_super    constant boolean     := (SELECT r.rolsuper FROM pg_catalog.pg_roles AS r WHERE r.oid = caller::oid);
    give_up_at  constant timestamptz := pg_catalog.clock_timestamp() + '10 seconds'::interval;
    had_workers boolean;
    permanent   boolean;
BEGIN
    -- Those that are running are waited for, before anything is locked that others want.
    DELETE FROM pgdispatch.job AS j WHERE j.role::oid = revoke_from.role::oid;

    -- What the role has dispatched and not yet committed would be a job of pg_cron for a role that is no more. To wait for the lock
    -- in its queue would keep others from dispatching.
    LOOP
        BEGIN
            LOCK TABLE pgdispatch.cron_worker IN SHARE ROW EXCLUSIVE MODE NOWAIT;
            EXIT;
        EXCEPTION
            WHEN lock_not_available THEN
                IF pg_catalog.clock_timestamp() > give_up_at THEN
                    RAISE lock_not_available USING
                        MESSAGE = 'pgdispatch: there are open transactions that have dispatched',
                        DETAIL = pg_catalog.format('If role %s were dropped and one of them committed, pg_cron would stop for everybody.', role),
                        HINT = 'Call it again once they have ended.';
                END IF;
        END;
        PERFORM pg_catalog.pg_sleep(0.01);
    END LOOP;

    SELECT coalesce(pg_catalog.bool_or(w.purpose <> 'permanent'), false), coalesce(pg_catalog.bool_or(w.purpose = 'permanent'), false)
      INTO had_workers, permanent
      FROM pgdispatch.cron_worker AS w
     WHERE w.role::oid = revoke_from.role::oid;
    IF pg_catalog.to_regnamespace('cron') IS NOT NULL AND (had_workers OR is_super) THEN
        IF NOT is_super THEN   -- Of another role's jobs, pg_cron shows only superusers any.
            EXECUTE pg_catalog.format('SET LOCAL ROLE %s', role);
        END IF;
        PERFORM cron.unschedule(j.jobid)
           FROM cron.job AS j
          WHERE j.username = role_name
            AND j.database = pg_catalog.current_database()
            AND j.command LIKE 'CALL pgdispatch.cron_work(%';
        DELETE FROM cron.job_run_details AS d
         WHERE d.username = role_name
           AND d.database = pg_catalog.current_database()
           AND d.command LIKE 'CALL pgdispatch.cron_work(%';
        IF NOT is_super THEN
            EXECUTE pg_catalog.format('SET LOCAL ROLE %s', caller);
        END IF;
    END IF;
    IF permanent THEN
        RAISE WARNING USING
            MESSAGE = pg_catalog.format('pgdispatch: an administrator has scheduled a worker of role %s', role),
            DETAIL = 'If the role is dropped while pg_cron has jobs of it, pg_cron stops for everybody.',
            HINT = pg_catalog.format('As an administrator, in the database of pg_cron: SELECT cron.unschedule(jobid) FROM cron.job WHERE username = %L;', role_name);
    END IF;

    EXECUTE pg_catalog.format('REVOKE ALL ON ALL ROUTINES IN SCHEMA pgdispatch FROM %s', role);
    EXECUTE pg_catalog.format('REVOKE ALL ON ALL TABLES IN SCHEMA pgdispatch FROM %s', role);
    EXECUTE pg_catalog.format('REVOKE ALL ON SCHEMA pgdispatch FROM %s', role);
    DELETE FROM pgdispatch.cron_worker AS w WHERE w.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.cron_setting AS s WHERE s.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.job AS j WHERE j.role::oid = revoke_from.role::oid;
    DELETE FROM pgdispatch.dead_letter AS d WHERE d.role::oid = revoke_from.role::oid;
END
$$;

COMMENT ON PROCEDURE pgdispatch.revoke_from(regrole) IS
'Undoes pgdispatch.grant_to and deletes the role''s jobs, dead letters and workers, in order to drop the role: pg_cron would stop for everybody if a role were dropped that it still has jobs of. To be called by a superuser, or by the owner of the schema where that may SET ROLE to the role. Waits for the role''s running jobs, and for open transactions that have dispatched. Example: CALL pgdispatch.revoke_from(''app'')';

REVOKE ALL ON ALL TABLES IN SCHEMA pgdispatch FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA pgdispatch FROM PUBLIC;
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

DO $$
BEGIN
    PERFORM pg_catalog.pg_extension_config_dump('pgdispatch.cron_setting', '');
    -- As pg_cron has the counterparts dumped: otherwise they would be other workers' in the copy, where the ids began again.
    PERFORM pg_catalog.pg_extension_config_dump('pgdispatch.cron_worker', '');
    PERFORM pg_catalog.pg_extension_config_dump('pgdispatch.cron_worker_id_seq', '');
EXCEPTION
    WHEN feature_not_supported THEN
        NULL;   -- This is not CREATE EXTENSION.
END
$$;
