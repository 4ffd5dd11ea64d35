-- What a dispatch does so that a worker looks at the queue soon after its commit.
--
-- There are three kinds of workers: drivers of the application, which run commands, nodes of the application, which run handlers,
-- and workers of pg_cron, which run commands. A driver or a node is idle when it has nothing to do and listens for a notification.
-- One of the idle drivers, or nodes, holds the lock of idle drivers, or nodes, exclusively. A dispatch tries to share this lock until
-- its commit: if it can, nobody is idle, and the job is found without a notification; if it cannot, it notifies.
-- Whether a dispatch finds a worker of pg_cron or schedules one is explained in cron_schedule.sql.

CREATE OR REPLACE FUNCTION pgdispatch.wake_drivers(caller regrole, due boolean) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    -- NOTIFY takes a lock for which all committing sessions of the server compete. It is therefore sent only while a driver is idle,
    -- which then holds this lock exclusively. The share that this transaction holds until its commit keeps drivers from becoming
    -- idle without knowing about its job.
    IF NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.idle_driver_lock(caller)) THEN
        PERFORM pgdispatch.notify_drivers(caller);
    END IF;
    PERFORM pgdispatch.wake_cron(caller, due);
END
$$;

COMMENT ON FUNCTION pgdispatch.wake_drivers(regrole, boolean) IS
'Part of what dispatches commands. Has a worker of the current role look at the queue after the commit of this
transaction. due: whether the job is due at once.';


CREATE OR REPLACE FUNCTION pgdispatch.notify(channel text, payload text DEFAULT '') RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    -- A transaction that has notified cannot be prepared for two-phase commit. The setting is for callers that need to. Citus prepares
    -- the parts that a distributed transaction has on other nodes, and gives the sessions of these parts such a name.
    IF (pg_catalog.current_setting('pgdispatch.notify', true) OPERATOR(pg_catalog.=) 'off') IS NOT TRUE
       AND NOT pg_catalog.starts_with(pg_catalog.current_setting('application_name'), 'citus_internal gpid=') THEN
        PERFORM pg_catalog.pg_notify(channel, payload);
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.notify(text, text) IS
'Part of what wakes drivers, nodes and those who wait for a result. Notifies those who listen on a channel after the commit, unless
the setting pgdispatch.notify is off, or the transaction is a part of a distributed transaction of Citus. They then find out by
themselves when they look next.';


CREATE OR REPLACE FUNCTION pgdispatch.notify_drivers(caller regrole) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pgdispatch.notify(pgdispatch.driver_channel(caller));
END
$$;

COMMENT ON FUNCTION pgdispatch.notify_drivers(regrole) IS
'Part of pgdispatch.wake_drivers, for callers that could not share the lock of idle drivers. Notifies the idle driver
that holds it.';


CREATE OR REPLACE FUNCTION pgdispatch.wake_idle_drivers(due boolean, notify boolean) RETURNS regrole
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant pg_catalog.regrole := pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole;
BEGIN
    IF notify THEN
        PERFORM pgdispatch.wake_drivers(caller, due);
    ELSE
        PERFORM pgdispatch.wake_cron(caller, due);
    END IF;
    RETURN caller;
END
$$;

COMMENT ON FUNCTION pgdispatch.wake_idle_drivers(boolean, boolean) IS
'Part of pgdispatch.wake_drivers_if_idle, for the case that a worker may have to be woken. Wakes it and returns the
current role.';


CREATE OR REPLACE FUNCTION pgdispatch.wake_drivers_if_idle(due boolean, notify boolean) RETURNS regrole
LANGUAGE sql
AS $$
    -- See pgdispatch.wake_drivers and pgdispatch.check_caller.
    SELECT CASE WHEN pg_catalog.to_regnamespace('cron') IS NULL
                     AND (NOT notify
                          OR pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.idle_driver_lock(pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole))
                             AND (pg_catalog.current_setting('pgdispatch.server_has_cron', true) OPERATOR(pg_catalog.=) 'on') IS NOT TRUE)
                THEN pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole
                ELSE pgdispatch.wake_idle_drivers(due, notify)
            END
$$;

COMMENT ON FUNCTION pgdispatch.wake_drivers_if_idle(boolean, boolean) IS
'For nodes, which call it while they insert into pgdispatch.job. Returns the current role, and has a worker look at the
queue after the commit of this transaction: one of pg_cron, and if notify is true also an idle driver.';


CREATE OR REPLACE FUNCTION pgdispatch.wake_cron(caller regrole, due boolean) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    -- Where pg_cron is installed, the schema cron exists. What this transaction found out about the workers stays true until it
    -- ends, because it holds a share of the reliance lock.
    IF pg_catalog.to_regnamespace('cron') IS NULL THEN
        IF pg_catalog.current_setting('pgdispatch.server_has_cron', true) OPERATOR(pg_catalog.=) 'on' THEN
            PERFORM pgdispatch.warn_if_cron_is_elsewhere(caller);
        END IF;
    ELSIF NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.cron_reliance_lock(caller)) THEN
        PERFORM pgdispatch.cron_schedule_worker(due, false);
    ELSIF NOT pgdispatch.cron_has_lookout(caller) THEN
        IF (pg_catalog.current_setting('pgdispatch.covered', true) OPERATOR(pg_catalog.=) ANY (ARRAY[
                pg_catalog.concat(caller::pg_catalog.oid, ' due'), pg_catalog.concat(caller::pg_catalog.oid, CASE WHEN due THEN ' due' ELSE ' snoozed' END)])) IS NOT TRUE THEN
            PERFORM pgdispatch.cron_schedule_worker(due, true);
        END IF;
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.wake_cron(regrole, boolean) IS
'Part of what dispatches commands. Where pg_cron is installed, ensures that one of its workers looks at the queue after
the commit of this transaction.';


-- To find out whose session holds the lock takes longer than the rest of a dispatch, so a session does it once in a second. A lookout
-- does not leave so soon after a dispatch: it lingers.
CREATE OR REPLACE FUNCTION pgdispatch.cron_has_lookout(caller regrole) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    lock constant bigint := pgdispatch.cron_lookout_lock(caller);
    this constant pg_catalog.text := pg_catalog.concat(caller::pg_catalog.oid, ' ', pg_catalog.date_trunc('second', pg_catalog.clock_timestamp()));
BEGIN
    IF pg_catalog.pg_try_advisory_xact_lock_shared(lock) THEN
        RAISE SQLSTATE 'PD000';   -- The end of the block releases the lock.
    ELSIF (pg_catalog.current_setting('pgdispatch.lookout_seen', true) OPERATOR(pg_catalog.=) this) IS NOT TRUE THEN
        IF NOT pgdispatch.is_held_by_role(lock) THEN
            RETURN false;
        END IF;
        PERFORM pg_catalog.set_config('pgdispatch.lookout_seen', this, false);
    END IF;
    RETURN true;
EXCEPTION
    WHEN SQLSTATE 'PD000' THEN
        RETURN false;
END
$$;

COMMENT ON FUNCTION pgdispatch.cron_has_lookout(regrole) IS
'Part of pgdispatch.wake_cron. Returns whether a worker waits that will see the job of this transaction.';


CREATE OR REPLACE FUNCTION pgdispatch.wake_cron_for_more(caller regrole, jobs integer) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    FOR job IN 1 .. least(jobs, (pgdispatch.settings(caller)).cron_workers::integer) LOOP
        EXIT WHEN current_setting('pgdispatch.covered', true) = caller::oid::text || ' due'::text;
        PERFORM pgdispatch.wake_cron(caller, true);
    END LOOP;
END
$$;

COMMENT ON FUNCTION pgdispatch.wake_cron_for_more(regrole, integer) IS
'Part of pgdispatch.fire_all. Does for that many more jobs that are due at once what pgdispatch.wake_cron does for one.';


CREATE OR REPLACE FUNCTION pgdispatch.warn_if_cron_is_elsewhere(caller regrole) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('pgdispatch.warned', true) = pg_current_xact_id()::text THEN
        RETURN;   -- See warn_no_driver. A transaction may dispatch thousands of jobs.
    ELSIF pg_try_advisory_xact_lock_shared(pgdispatch.application_lock(caller)) THEN
        RAISE SQLSTATE 'PD000';   -- The end of the block releases the lock, so that an application can take it.
    END IF;
EXCEPTION
    WHEN SQLSTATE 'PD000' THEN
        PERFORM pgdispatch.warn_no_driver(pgdispatch.cron_problem());
END
$$;

COMMENT ON FUNCTION pgdispatch.warn_if_cron_is_elsewhere(regrole) IS
'Part of what dispatches commands, for a server that has pg_cron, but not under its name in this database. Warns if no
application runs the role''s jobs, because an administrator can change that.';


CREATE OR REPLACE FUNCTION pgdispatch.warn_no_driver(problem text, error text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    caller constant regrole := quote_ident(CURRENT_USER)::regrole;
    missing_privileges text;
    missing_on         text;
BEGIN
    IF problem NOT IN ('elsewhere', 'old', 'renamed', 'privilege', 'former', 'error')
       OR current_setting('pgdispatch.warned', true) = pg_current_xact_id()::text
       OR pgdispatch.has_application(caller)
       OR EXISTS (SELECT
                    FROM pgdispatch.cron_worker AS w
                   WHERE w.role = caller
                     AND w.purpose = 'permanent'
                     AND w.scheduled_at > clock_timestamp() - '10 minutes'::interval) THEN
        RETURN;
    END IF;
    IF problem = 'privilege' THEN
        SELECT c.privileges, c.objects INTO missing_privileges, missing_on FROM pgdispatch.cron_missing_privilege() AS c;
    END IF;
    PERFORM set_config('pgdispatch.warned', pg_current_xact_id()::text, true);   -- One warning in a transaction is enough.
    RAISE WARNING USING
        MESSAGE = format('pgdispatch: no application is connected that runs the jobs of role %s, and pg_cron cannot run them', caller),
        DETAIL = CASE problem
            WHEN 'privilege' THEN format('Role %s has no %s on %s. The job waits.', caller, missing_privileges, lower(missing_on))
            WHEN 'old' THEN 'The extension pg_cron is older than 1.5. The job waits.'
            WHEN 'renamed' THEN 'The schema of the extension pg_cron is no longer named cron. The job waits.'
            WHEN 'former' THEN format('pg_cron has jobs of role %I, as the role was named before, and does not run any job. The job waits.', error)
            WHEN 'error' THEN format('pg_cron failed: %s. The job waits.', error)
            ELSE format('pg_cron is in another database than %s. The job waits.', current_database())
        END,
        HINT = CASE problem
            WHEN 'privilege' THEN format('As an administrator: GRANT %s ON %s TO %s;', missing_privileges, missing_on, caller)
            WHEN 'old' THEN 'As an administrator: ALTER EXTENSION pg_cron UPDATE;'
            WHEN 'renamed' THEN format('As an administrator: ALTER SCHEMA %s RENAME TO cron;',
                (SELECT d.objid::regnamespace
                   FROM pg_extension AS e
                   JOIN pg_depend AS d ON d.refclassid = 'pg_extension'::regclass::oid AND d.refobjid = e.oid AND d.deptype = 'e'
                  WHERE e.extname = 'pg_cron'
                    AND d.classid = 'pg_namespace'::regclass::oid))
            WHEN 'former' THEN format('As an administrator: UPDATE cron.job SET username = %L WHERE username = %L;', CURRENT_USER, error)
            WHEN 'error' THEN format('Remove the cause. The next dispatch of role %s then schedules a worker for all its jobs. Until then, CALL pgdispatch.work() in a session that logged in as %s runs them.',
                caller, caller)
            ELSE format('As an administrator, in the database of pg_cron: SELECT cron.schedule_in_database(%L, ''5 seconds'', ''CALL pgdispatch.cron_work()'', %L, %L);',
                        'pgdispatch ' || current_database() || ' ' || CURRENT_USER, current_database(), CURRENT_USER)
        END;
END
$$;

COMMENT ON FUNCTION pgdispatch.warn_no_driver(text, text) IS
'Part of what dispatches commands. Warns if nothing runs the current role''s jobs and an administrator can change that,
at most once in a transaction. problem: a result of pgdispatch.cron_problem, or error if pg_cron has failed with the given
error, or former if pg_cron knows the role by the former name that is given as the error.';


CREATE OR REPLACE FUNCTION pgdispatch.wake_nodes(caller regrole) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.idle_node_lock(caller)) THEN
        PERFORM pgdispatch.notify(pgdispatch.node_channel(caller));
    END IF;
END
$$;

COMMENT ON FUNCTION pgdispatch.wake_nodes(regrole) IS
'Part of pgdispatch.dispatch_handler. Has an idle node of the current role look for jobs of its handlers after
the commit of this transaction.';


CREATE OR REPLACE FUNCTION pgdispatch.wake_idle_nodes() RETURNS regrole
LANGUAGE plpgsql
AS $$
DECLARE
    caller constant pg_catalog.regrole := pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole;
BEGIN
    PERFORM pgdispatch.wake_nodes(caller);
    RETURN caller;
END
$$;

COMMENT ON FUNCTION pgdispatch.wake_idle_nodes() IS
'Part of pgdispatch.wake_nodes_if_idle, for the case that a node may be idle. Wakes it and returns the current role.';


CREATE OR REPLACE FUNCTION pgdispatch.wake_nodes_if_idle(notify boolean) RETURNS regrole
LANGUAGE sql
AS $$
    SELECT CASE WHEN notify
                     AND NOT pg_catalog.pg_try_advisory_xact_lock_shared(pgdispatch.idle_node_lock(pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole))
                THEN pgdispatch.wake_idle_nodes()
                ELSE pg_catalog.quote_ident(CURRENT_USER)::pg_catalog.regrole
            END
$$;

COMMENT ON FUNCTION pgdispatch.wake_nodes_if_idle(boolean) IS
'For nodes, which call it while they insert into pgdispatch.handler_job. Returns the current role, and if notify is
true has an idle node look for jobs after the commit of this transaction.';
